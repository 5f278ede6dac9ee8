import { actionOf, cardOf, textOfCard } from '../../../src/local/find.ts';
import { jsonOr } from '../../../src/lib/strict-json.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import type { Json, Message } from '../../../src/local/world.ts';

/** A message with a request's card, as everybody in the channel sees it. */
export interface Copy {
  readonly chatId: string;
  readonly messageId: string;
  /** The data of its buttons, from its first version. */
  readonly data: Json;
  /** Its whole text now. */
  text: string;
}

/** The cards of all channels, by the request's number. */
export interface Board {
  copies(number: number): readonly Copy[];
  stop(): void;
}

/** Watches all channels as a member of every one. */
export function watchBoard(connector: LocalConnector, personId: string): Board {
  const byNumber = new Map<number, Copy[]>();
  const byMessage = new Map<string, Copy>();
  const seen = (message: Message) => {
    const card = cardOf(message);
    if (card === undefined) return;
    const text = textOfCard(card);
    const known = byMessage.get(message.id);
    if (known) {
      known.text = text;
      return;
    }
    const number = Number(/(?:^|\s)#(\d+)\b/.exec(text)?.[1]);
    const data = jsonOr(actionOf(card, 'approve')?.['data']);
    const copy = { chatId: message.chatId, messageId: message.id, data, text };
    byMessage.set(message.id, copy);
    byNumber.set(number, [...(byNumber.get(number) ?? []), copy]);
  };
  const stop = connector.listen(personId, ({ type, message }) => {
    if (type !== 'delete') seen(message);
  });
  return { copies: (number) => byNumber.get(number) ?? [], stop };
}
