import { conversationKey, personKey } from '../../usecases/people/people.ts';
import type { ChannelConfig } from '../../config/config.ts';
import type { Notice } from '../../domain/notice.ts';
import { escapeMarkdown } from '../../lib/escape-markdown.ts';
import { outcomeText } from '../../text/text.ts';
import type { Text } from '../../text/text.ts';
import { DeliveryError } from '../../usecases/ports/delivery-error.ts';
import type { Notifier } from '../../usecases/ports/notifier.ts';
import type { CardStore } from '../../usecases/ports/card-store.ts';
import type { Messenger } from './messenger.ts';

/**
 * Posts the messages of jobs. Channels have their configured names. The service URL of a channel is
 * the last one of an activity there, else the configured one. `tenantId` is the bot's tenant, used
 * for conversations whose tenant is unknown.
 */
export function createNotifier(given: {
  messenger: Messenger;
  directory: Pick<CardStore, 'findConversation'>;
  channels: Readonly<Record<string, ChannelConfig>>;
  tenantId: string;
  /** The language of notices: the recipient's language is unknown. */
  text: Text;
}): Notifier {
  const { messenger, directory, channels } = given;
  return {
    async postCard(to, card, turn) {
      if (!('channel' in to))
        return messenger.send({ ...to, tenantId: given.tenantId }, card, turn);
      const channel = Object.hasOwn(channels, to.channel) ? channels[to.channel] : undefined;
      if (!channel) throw gone(`no channel is configured as ${to.channel}`);
      const { tenantId, channelId } = channel;
      const met = await directory.findConversation(
        conversationKey('channel', tenantId.toLowerCase(), channelId),
      );
      const serviceUrl = met?.serviceUrl ?? channel.serviceUrl;
      return messenger.startThread({ channelId, serviceUrl, tenantId }, card, turn);
    },
    updateCard: (at, card, turn) =>
      messenger.update({ ...at, tenantId: given.tenantId }, card, turn),
    async tell({ tenantId, objectId }, notice, turn) {
      const chat = await directory.findConversation(personKey({ tenantId, objectId }));
      if (!chat) throw gone('the person has not met the bot in a personal chat');
      const { conversationId, serviceUrl } = chat;
      const text = noticeText(given.text, notice);
      await messenger.send({ conversationId, serviceUrl, tenantId }, { text }, turn);
    },
  };
}

function noticeText(text: Text, { code, params, outcome }: Notice): string {
  const title = escapeMarkdown(params.title);
  const sentence = text.notices[code]({ ...params, title });
  return outcome ? `${sentence} ${escapeMarkdown(outcomeText(text, outcome))}` : sentence;
}

function gone(message: string): DeliveryError {
  return new DeliveryError(message, { gone: true, retryAfterMs: null });
}
