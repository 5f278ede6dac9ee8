import type { PrincipalRef, Proof, TokenEvidence } from '../people/principal.ts';
import type { Outcome } from '../outcome.ts';
import type { RefusalCode } from '../refusal.ts';
import type { Decision, Evidence, Origin, Plan, Recheck, Request } from '../request/request.ts';

/** Evidence of the token behind a command. */
interface TokenFacts {
  readonly token: TokenEvidence;
  readonly proof: Proof | null;
  readonly roles: readonly string[];
}

interface WithOutcome {
  readonly outcome: Outcome;
  /** Where a lost role or claim is the reason. */
  readonly recheck?: Recheck;
}

interface Refused extends TokenFacts {
  readonly code: RefusalCode;
}

/** The refused command. */
export type DecisionTried =
  | (Pick<Decision, 'word' | 'stage'> & { readonly revision: number; readonly origin: Origin })
  | { readonly command: 'cancel' };

/** The data of each type of audit event. Documented in docs/reference/events.md. */
export interface EventData {
  'request.submitted': TokenFacts &
    Pick<Request, 'workflow' | 'workflowVersion' | 'digest' | 'reason' | 'fields'> & {
      readonly requester: PrincipalRef['key'];
      readonly beneficiary: PrincipalRef['key'];
      readonly requesterLinkedIdentities?: readonly string[];
      readonly plan: Pick<Plan, 'stages' | 'execution'>;
      readonly origin: Origin;
    };
  'request.decided': Pick<Decision, 'word' | 'stage' | 'nth' | 'reason'> & {
    readonly decisionId: string;
    readonly stageName: string;
    readonly evidence: Evidence;
  };
  'request.approved': Pick<Request, 'digest'>;
  'request.denied': WithOutcome;
  'request.cancelled': Pick<TokenFacts, 'token'>;
  'request.expired': object;
  'request.rechecked': { readonly recheck: Recheck };
  'request.applying': { readonly executor: Plan['execution']; readonly recheck?: Recheck };
  'request.held': WithOutcome;
  'request.applied': WithOutcome;
  'request.failed': WithOutcome;
  'request.unknown': WithOutcome;
  'decision.refused': Refused & DecisionTried;
  'submission.refused': Refused & { readonly workflow: string };
  'identity.mismatch': {
    readonly code: string;
    /** Whom Teams names as the sender. */
    readonly sender: {
      readonly tenantId: string;
      readonly objectId: string;
      readonly userId?: string;
      readonly name?: string;
    };
    /** Key of the principal that was brought, where it is known. */
    readonly signedInAs?: string;
  };
  'session.started': Pick<TokenFacts, 'token' | 'roles'> & {
    readonly sessionId: string;
    readonly provider: string;
    readonly renewable: boolean;
  };
  'session.ended': SessionEnded;
  'keys.rotated': { readonly purpose: string; readonly before: string; readonly key: string };
  'card.posted': {
    readonly activityId: string | null;
    readonly conversationId: string | null;
    /** Configured name of the channel; null for a chat. */
    readonly channel: string | null;
    readonly revision: number;
  };
}

/** One session, or all sessions that an administrator named. */
type SessionEnded =
  | {
      readonly reason: string;
      readonly sessionId: string;
      readonly tenantId: string;
      readonly objectId: string;
      readonly provider: string;
      readonly principal: string;
      readonly generation: number;
      readonly code?: string;
    }
  | { readonly reason: 'revoked'; readonly which: object };

export type EventType = keyof EventData;

export const EVENT_TYPES = [
  'request.submitted',
  'request.decided',
  'request.approved',
  'request.denied',
  'request.cancelled',
  'request.expired',
  'request.rechecked',
  'request.applying',
  'request.held',
  'request.applied',
  'request.failed',
  'request.unknown',
  'decision.refused',
  'submission.refused',
  'identity.mismatch',
  'session.started',
  'session.ended',
  'keys.rotated',
  'card.posted',
] as const satisfies readonly EventType[];

/** An event as it is emitted: what happened, and the facts that prove it. */
interface BodyOf<Type extends EventType> {
  readonly type: Type;
  readonly requestId: string | null;
  /** Key of the principal who did it; null for the service itself. */
  readonly actor: string | null;
  readonly data: EventData[Type];
}

/** An event of any type; `type` tells which data it carries. */
export type EventBody<Type extends EventType = EventType> = {
  readonly [Each in Type]: BodyOf<Each>;
}[Type];

/** Version of the events' shapes, recorded in each of them. */
export const EVENT_VERSION = 1;

/** An event as it is recorded: inserted once, never updated. `at` in ms. */
export interface AuditEvent {
  readonly id: string;
  readonly v: number;
  readonly at: number;
  readonly type: EventType;
  readonly requestId: string | null;
  readonly actor: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event about a request; `by` did it, null for the service itself. */
export function eventAbout<Type extends EventType>(
  request: Pick<Request, 'id'>,
  { type, by, data }: { type: Type; by: PrincipalRef | null; data: EventData[Type] },
): BodyOf<Type> {
  return { type, requestId: request.id, actor: by?.key ?? null, data };
}
