import type { Principal } from '../../domain/people/principal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { Decision, Request } from '../../domain/request/request.ts';
import type { DecideCommand } from '../../domain/request/commands/decide.ts';
import type { Viewer } from '../../domain/views/request-view.ts';
import type { Workflow } from '../../domain/workflow/workflow.ts';
import type { Conversation } from './card-store.ts';
import type { Posted } from './notifier.ts';
import type { TeamsSender } from './teams-sender.ts';

/**
 * What the ingresses (Teams, HTTP, web) may ask for. Each method is one use case; a
 * refusal is a value, a fault is thrown.
 */
export interface App {
  submitRequest(input: SubmitInput): Promise<SubmitResult>;
  decideRequest(input: DecideInput): Promise<DecideResult>;
  cancelRequest(input: { id: string; by: Principal }): Promise<DecideResult>;
  /** The request where the principal may read it; undefined otherwise, as if it did not exist. */
  readRequest(input: { id: string; by: Principal }): Promise<Request | undefined>;
  /** The same by number. */
  readRequestByNumber(input: { number: number; by: Principal }): Promise<Request | undefined>;
  /** For cards only: no reader is checked, because a posted card already shows the request. */
  loadForCard(id: string): Promise<Request | undefined>;
  listRequests(input: ListInput): Promise<{ requests: readonly Request[]; cursor: string | null }>;
  /** Waits until the request has ended or the time is up; returns its present state. */
  waitRequest(input: {
    id: string;
    timeoutMs: number;
    signal?: AbortSignal;
  }): Promise<Request | undefined>;
  /** A read-only token for one request, which outlives a pipeline's own. */
  waitToken(requestId: string): string;
  /** Whether a wait token belongs to this request and is still valid. */
  acceptsWaitToken(token: string, request: Request): boolean;
  /** Workflows that the principal may request. */
  listWorkflows(by: Principal): readonly Workflow[];
  /** Workflows by what a chat command names: an id, a prefix, a keyword or a title. */
  findWorkflow(text: string): readonly Workflow[];
  getWorkflow(id: string): Workflow | undefined;
  /** Stores how a person or channel is reached. */
  rememberConversation(input: RememberInput): Promise<void>;
  /** Teams user ids (at most 60) whose clients fetch a personal view of a request's card. */
  refreshFor(request: Request): Promise<readonly string[]>;
  /** A Teams person as a viewer, with the roles and claims that were last verified. */
  viewerOf(request: Request, sender: TeamsSender): Promise<Viewer>;
  /** Erases a person, for an administrator. */
  erasePerson(input: EraseInput): Promise<EraseResult>;
  /** Records a token of another person than the sender, limited in rate. */
  recordMismatch(input: MismatchInput): Promise<void>;
}

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

export interface RememberInput extends Omit<Conversation, 'key' | 'updatedAt'> {
  readonly kind: 'person' | 'channel';
  /** Object id of the person, or id of the channel. */
  readonly id: string;
}
