import type { Request } from '../domain/request/request.ts';
import type { Text } from '../text/text.ts';
import { name } from './plain-text.ts';

/** One line of plain text for notifications and for clients without cards. */
export function summaryOf({ cards }: Text, { title: given, number, state, requester }: Request) {
  const title = `${name(given)} #${number}`;
  if (state !== 'pending') return cards.ended({ title, state });
  return cards.summary({ asker: name(requester.name, 60), title });
}
