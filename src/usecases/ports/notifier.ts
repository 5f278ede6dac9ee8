import type { Notice } from '../../domain/notice.ts';
import type { CardContent } from './cards.ts';

/** How a job waits for its turn under Teams' rate limits. */
export interface Turn {
  /** Since when it is due (ms): who is due first goes first. */
  readonly dueAt: number;
  /** Hears of the wait: a job that waits needs no worker. */
  aside(wait: Promise<void>): void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** Makes a card once its turn has come; null: nothing is to be sent any more. */
export type MakeCard = () => Promise<CardContent | null>;

/** Posts and updates messages in Teams. Null where nothing was to be sent. Errors: DeliveryError. */
export interface Notifier {
  /** Posts a card to a channel (by configured name) or a known conversation. */
  postCard(to: Address, card: MakeCard, turn: Turn): Promise<Posted | null>;
  updateCard(at: Posted, card: MakeCard, turn: Turn): Promise<Posted | null>;
  /** Tells a person in their personal chat. */
  tell(person: { tenantId: string; objectId: string }, notice: Notice, turn: Turn): Promise<void>;
}

export type Address =
  { readonly channel: string } | { readonly conversationId: string; readonly serviceUrl: string };

export interface Posted {
  readonly conversationId: string;
  readonly serviceUrl: string;
  readonly activityId: string;
}
