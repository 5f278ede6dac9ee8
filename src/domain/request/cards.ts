import { isTerminal } from './state.ts';
import type { Request } from './request.ts';

/**
 * What becomes of one copy of a request's card:
 * `unposted` → `posting`: Teams has the message, the store does not know it yet (never stored) →
 * `posted` → `superseded`: its message has a row of its own, so this one is never posted.
 */
export type CardState = 'unposted' | 'posting' | 'posted' | 'superseded';

/** One copy of a request's card: a place in a channel or chat, and the message once posted. */
export interface Card {
  readonly id: string;
  readonly requestId: string;
  readonly state: CardState;
  /** A configured channel's name, or null for a conversation. */
  readonly channel: string | null;
  readonly conversationId: string | null;
  readonly serviceUrl: string | null;
  readonly activityId: string | null;
  /** The revision that the posted copy shows; 0 where that is not known, or before it is posted. */
  readonly postedRevision: number;
}

type Message = Pick<Card, 'conversationId' | 'activityId'>;

/** How things stand: the request and the known copies of its card, of one moment. */
export interface CardTruth {
  readonly request: Pick<Request, 'version' | 'state'>;
  readonly cards: readonly Card[];
}

/** What brings a copy to the truth. `add`: a copy that gets a row (an id) of its own. */
export type CardAction =
  | { readonly do: 'nothing' | 'post' | 'update' }
  | { readonly do: 'save' | 'add'; readonly card: Card };

const NOTHING: CardAction = { do: 'nothing' };

/** A copy without a message. */
export const UNPOSTED = {
  state: 'unposted',
  conversationId: null,
  serviceUrl: null,
  activityId: null,
  postedRevision: 0,
} as const;

/**
 * The next action for a copy: what is to be sent to Teams, or, for a message that was sent just now
 * (`posting`), what is to be stored. Repeated until it gives `nothing`, it settles whatever a click
 * or another process did meanwhile; no message that is known of loses its row.
 */
export function reconcile(card: Card, truth: CardTruth): CardAction {
  switch (card.state) {
    case 'unposted':
      return { do: 'post' };
    case 'posting':
      return record(card, truth);
    case 'posted':
      return card.postedRevision < truth.request.version ? { do: 'update' } : NOTHING;
    case 'superseded':
      return NOTHING;
  }
}

/** Where a message that was sent just now is to be stored. */
function record(card: Card, { cards }: CardTruth): CardAction {
  const row = cards.find(({ id }) => id === card.id);
  if (row === undefined) return NOTHING;
  const posted: Card = { ...card, state: 'posted' };
  const holder = cards.find((other) => isSameMessage(other, card));
  if (holder === undefined) {
    return row.state === 'unposted'
      ? { do: 'save', card: posted }
      : { do: 'add', card: { ...posted, channel: null } };
  }
  // Another revision there: this message came last, so it is what Teams shows.
  if (holder.id === row.id) {
    return row.postedRevision === card.postedRevision ? NOTHING : { do: 'save', card: posted };
  }
  // A click came first and the message got a row: posting this row would make a second message.
  return row.state === 'unposted' ? { do: 'save', card: { ...row, state: 'superseded' } } : NOTHING;
}

/** Whether two copies are one message in Teams. */
export function isSameMessage(one: Message, other: Message): boolean {
  return (
    one.activityId !== null &&
    one.activityId === other.activityId &&
    one.conversationId === other.conversationId
  );
}

/**
 * A copy whose message somebody deleted, ready to be posted anew: in the channel of a request that
 * still has to be decided or applied; else null, and it stays gone.
 */
export function withoutMessage(card: Card, request: Pick<Request, 'state'>): Card | null {
  if (card.channel === null || isTerminal(request.state)) return null;
  return { ...card, ...UNPOSTED };
}
