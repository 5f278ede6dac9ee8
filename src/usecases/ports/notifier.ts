import type { Notice } from '../../domain/notice.ts';
import type { CardContent } from './cards.ts';

/** The wait of a job for its turn under Teams' rate limits. */
export interface Turn {
  /** The due time (ms): the earliest goes first. */
  readonly dueAt: number;
  /** Called with the wait, because a waiting job needs no worker. */
  aside(wait: Promise<void>): void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** Creates a card when its turn has come; null: nothing is to be sent any more. */
export type MakeCard = () => Promise<CardContent | null>;

/** Posts and updates messages in Teams. Null if nothing was to be sent. Errors: DeliveryError. */
export interface Notifier {
  /** Posts a card to a channel (by configured name) or a known conversation. */
  postCard(to: Address, card: MakeCard, turn: Turn): Promise<Posted | null>;
  updateCard(at: Posted, card: MakeCard, turn: Turn): Promise<Posted | null>;
  /**
   * Notifies a person in the personal chat, which is opened where none is known or Teams no longer
   * knows it. A refusal to open it is a DeliveryError `unreachable`.
   */
  tell(person: { tenantId: string; objectId: string }, notice: Notice, turn: Turn): Promise<void>;
  /** Sends a reply in a chat. */
  reply(to: Place, message: Message, turn: Turn): Promise<void>;
}

/** A card, or Markdown text with escaped data. */
export type Message = CardContent | { readonly text: string };

/** The destination of a message; the tenant is for its rate limit. */
export interface Place {
  readonly conversationId: string;
  readonly serviceUrl: string;
  readonly tenantId: string;
}

export type Address =
  { readonly channel: string } | { readonly conversationId: string; readonly serviceUrl: string };

export interface Posted {
  readonly conversationId: string;
  readonly serviceUrl: string;
  readonly activityId: string;
}
