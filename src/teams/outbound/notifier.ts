import { conversationKey } from '../../usecases/people/people.ts';
import type { ChannelConfig } from '../../config/config.ts';
import type { Notice } from '../../domain/notice.ts';
import { escapeMarkdown } from '../../lib/escape-markdown.ts';
import { outcomeText } from '../../text/text.ts';
import type { Text } from '../../text/text.ts';
import { DeliveryError } from '../../usecases/ports/delivery-error.ts';
import type { Notifier } from '../../usecases/ports/notifier.ts';
import type { CardStore } from '../../usecases/ports/card-store.ts';
import type { Messenger } from './messenger.ts';
import type { PersonalChats } from './personal-chats.ts';

/**
 * Posts the messages of jobs. Channels have their configured names. The service URL of a channel is
 * the last one of an activity there, else the configured one. `tenantId` is the bot's tenant, used
 * for conversations whose tenant is unknown.
 */
export function createNotifier(given: {
  messenger: Messenger;
  chats: PersonalChats;
  directory: Pick<CardStore, 'findConversation'>;
  channels: Readonly<Record<string, ChannelConfig>>;
  tenantId: string;
  /** The language of notices: the recipient's language is unknown. */
  text: Text;
}): Notifier {
  const { messenger, chats, directory, channels } = given;
  const serviceUrlOf = async ({ tenantId, channelId, serviceUrl }: ChannelConfig) => {
    const met = await directory.findConversation(
      conversationKey('channel', tenantId.toLowerCase(), channelId),
    );
    return met?.serviceUrl ?? serviceUrl;
  };
  // Of a channel of the person's tenant, as its people are in the same region of Teams.
  const nearest = async ({ tenantId }: { tenantId: string }) => {
    const all = Object.values(channels);
    const near = all.find((one) => one.tenantId.toLowerCase() === tenantId) ?? all[0];
    if (near) return serviceUrlOf(near);
    throw new DeliveryError('no channel is configured, so no service URL is known');
  };
  return {
    async postCard(to, card, turn) {
      if (!('channel' in to))
        return messenger.send({ ...to, tenantId: given.tenantId }, card, turn);
      const channel = Object.hasOwn(channels, to.channel) ? channels[to.channel] : undefined;
      if (!channel) {
        throw new DeliveryError(`no channel is configured as ${to.channel}`, {
          reason: 'place_unknown',
        });
      }
      const { tenantId, channelId } = channel;
      const serviceUrl = await serviceUrlOf(channel);
      return messenger.startThread({ channelId, serviceUrl, tenantId }, card, turn);
    },
    updateCard: (at, card, turn) =>
      messenger.update({ ...at, tenantId: given.tenantId }, card, turn),
    async tell(person, notice, turn) {
      const text = noticeText(given.text, notice);
      await chats.send(
        { ...person, userId: null, serviceUrl: await nearest(person) },
        { text },
        turn,
      );
    },
    async reply(to, message, turn) {
      await messenger.send(to, message, turn);
    },
  };
}

function noticeText(text: Text, notice: Notice): string {
  const title = escapeMarkdown(notice.params.title);
  if (notice.code === 'card_waiting') {
    const channel = escapeMarkdown(notice.params.channel);
    return text.notices.card_waiting({ ...notice.params, title, channel });
  }
  const { params, outcome } = notice;
  const sentence = text.notices.request_ended({ ...params, title });
  return outcome ? `${sentence} ${escapeMarkdown(outcomeText(text, outcome))}` : sentence;
}
