import type { Principal } from '../../domain/people/principal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { Decision, Request } from '../../domain/request/request.ts';
import type { DecideCommand } from '../../domain/request/commands/decide.ts';
import type { Conversation } from './card-store.ts';
import type { Message, Place, Posted } from './notifier.ts';
import type { TeamsSender } from './teams-sender.ts';

export interface MismatchInput {
  readonly sender: Pick<TeamsSender, 'tenantId' | 'objectId'> & Partial<TeamsSender>;
  readonly requestId: string | null;
  readonly code: string;
  /** Key of the principal of the token, where it is known. */
  readonly signedInAs?: string;
}

export interface SubmitInput {
  readonly workflow: string;
  readonly by: Principal;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly reason: string | null;
  readonly idempotencyKey: string | null;
  /** In Teams, the sender and the message that asked, which becomes a card of the request. */
  readonly teams: {
    readonly sender: TeamsSender;
    readonly exchangeId: string | null;
    readonly card: Posted | null;
  } | null;
}

export type SubmitResult =
  | { readonly kind: 'submitted' | 'repeated'; readonly request: Request }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A message whose button was pressed. */
export interface ClickedCard extends Posted {
  /** Configured names of its channel; null: the person's own chat. */
  readonly channels: readonly string[] | null;
}

export interface DecideInput extends Omit<DecideCommand, 'type' | 'decisionId'> {
  readonly id: string;
  /** In Teams, the sender and the clicked message, which is adopted if it is unknown. */
  readonly teams: { readonly sender: TeamsSender; readonly card: ClickedCard | null } | null;
}

export type DecideResult =
  /** `uncounted`: a word that changes nothing. `repeated`: it was cancelled before. */
  | {
      readonly kind: 'decided' | 'repeated' | 'uncounted';
      readonly request: Request;
      readonly decision: Decision | null;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly request: Request | undefined };

export interface EraseInput {
  readonly by: Principal;
  /** A principal's key, an object id or a Teams user id. */
  readonly person: string;
  readonly reason: string;
}

export type EraseResult =
  /** How many requests were overwritten and keys destroyed; none where nothing named the person. */
  | { readonly kind: 'erased'; readonly requests: number; readonly keys: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface ListInput {
  readonly by: Principal;
  readonly states?: readonly Request['state'][];
  readonly workflow?: string;
  readonly requester?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** A place that the bot was added to: channels by their configured names, and a conversation. */
export interface OpenedPlace {
  readonly channels: readonly string[];
  readonly conversationId: string;
}

/** A reply to what a person wrote in a chat. */
export interface Reply {
  readonly to: Place;
  readonly message: Message;
  /** Whom it answers; null: Teams named nobody. */
  readonly person: Pick<TeamsSender, 'tenantId' | 'objectId'> | null;
}

export interface RememberInput extends Omit<Conversation, 'key' | 'updatedAt'> {
  readonly kind: 'person' | 'channel';
  /** Object id of the person, or id of the channel. */
  readonly id: string;
}
