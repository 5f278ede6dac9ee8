import { isEnded, isTerminal } from './state.ts';
import type { Request } from './request.ts';

/**
 * What becomes of one copy of a request's card:
 * `unposted` → `waiting`: Teams refuses the place, and the requester is told →
 * `posting`: Teams has the message, the store does not know it yet (never stored) → `posted`.
 * `undeliverable`: Teams took neither message nor update until nobody needed it any more. `gone`:
 * somebody deleted the message. `superseded`: its message has a row of its own, so this one is
 * never posted.
 */
export const CARD_STATES = [
  'unposted',
  'waiting',
  'posting',
  'posted',
  'undeliverable',
  'gone',
  'superseded',
] as const;

export type CardState = (typeof CARD_STATES)[number];

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
    case 'posting':
      return record(card, truth);
    case 'gone':
    case 'superseded':
      return NOTHING;
    case 'unposted':
    case 'waiting':
    case 'posted':
    case 'undeliverable':
      if (card.activityId === null) return { do: 'post' };
      return card.postedRevision < truth.request.version ? { do: 'update' } : NOTHING;
  }
}

/** Where a message that was sent just now is to be stored. */
function record(card: Card, { cards }: CardTruth): CardAction {
  const row = cards.find(({ id }) => id === card.id);
  if (row === undefined) return NOTHING;
  const posted: Card = { ...card, state: 'posted' };
  const holder = cards.find((other) => isSameMessage(other, card));
  if (holder === undefined) {
    return isToPost(row)
      ? { do: 'save', card: posted }
      : { do: 'add', card: { ...posted, channel: null } };
  }
  // Another revision there: this message came last, so it is what Teams shows.
  if (holder.id === row.id) {
    const same = row.state === 'posted' && row.postedRevision === card.postedRevision;
    return same ? NOTHING : { do: 'save', card: posted };
  }
  // A click came first and the message got a row: posting this row would make a second message.
  return isToPost(row) ? { do: 'save', card: { ...row, state: 'superseded' } } : NOTHING;
}

function isToPost({ state, activityId }: Card): boolean {
  return activityId === null && state !== 'superseded';
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
 * A copy whose message somebody deleted: to be posted anew in the channel of a request that still
 * has to be decided or applied; else it stays gone.
 */
export function withoutMessage(card: Card, request: Pick<Request, 'state'>): Card {
  if (card.channel === null || isTerminal(request.state)) return { ...card, state: 'gone' };
  return { ...card, ...UNPOSTED };
}

/** How long a message is tried after the end of its request. */
const TRIED_AFTER_END_MS = 7 * 86_400_000;

/** When nobody needs a message about the request any more (ms); null while it has not ended. */
export function neededUntil({ state, updatedAt }: Pick<Request, 'state' | 'updatedAt'>) {
  return isEnded(state) ? updatedAt + TRIED_AFTER_END_MS : null;
}
