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
      /** Values of the fields that are personal; `fields` has the others. */
      readonly personalFields: Request['fields'];
      readonly requester: PrincipalRef['key'];
      readonly requesterKind: PrincipalRef['kind'];
      readonly requesterRerun?: true;
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
      readonly key: string;
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
  /** `pseudonyms`: what the log calls the person; nothing says any more who that was. */
  'person.erased': TokenFacts & { readonly reason: string; readonly pseudonyms: readonly string[] };
  'job.retried': TokenFacts & JobTouched;
  'job.dropped': TokenFacts & JobTouched;
  /** A restore: the log that was accepted, and what the witness knew. */
  'audit.accepted': {
    readonly reason: string;
    readonly size: number;
    readonly root: string;
    readonly witness: { readonly size: number; readonly root: string };
  };
  'keys.rotated': { readonly purpose: string; readonly before: string; readonly key: string };
  'card.posted': {
    /** Both null for a chat, whose ids are personal. */
    readonly activityId: string | null;
    readonly conversationId: string | null;
    /** Configured name of the channel; null for a chat. */
    readonly channel: string | null;
    readonly revision: number;
  };
}

/** A job that was given up, or that fails. */
interface JobTouched {
  readonly job: string;
  readonly kind: string;
  readonly attempts: number;
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
  | {
      readonly reason: 'revoked';
      readonly which: {
        readonly kind: string;
        /** Key of the person. */
        readonly key?: string;
        readonly tenantId?: string;
        readonly objectId?: string;
      };
    };

export type EventType = keyof EventData;

/** An event as it is emitted: what happened, and the facts that prove it. */
interface BodyOf<Type extends EventType> {
  readonly type: Type;
  readonly requestId: string | null;
  /** The principal who did it; null for the service itself. */
  readonly actor: { readonly key: string; readonly name?: string } | null;
  /** Key of the request's requester, where values are of theirs. */
  readonly requester?: string;
  readonly data: EventData[Type];
}

/** An event of any type; `type` tells which data it carries. */
export type EventBody<Type extends EventType = EventType> = {
  readonly [Each in Type]: BodyOf<Each>;
}[Type];

/** Version of the events' shapes, recorded in each of them. */
export const EVENT_VERSION = 1;

/** What the log keeps of one person in one event; destroying the person's key erases it. */
export interface Personal {
  /** The person's random pseudonym. */
  readonly person: string;
  /** JWE of an envelope (personal.ts) under that person's key. */
  readonly sealed: string;
}

/** An event as it is recorded: inserted once, never updated. `at` in ms. */
export interface AuditEvent {
  readonly id: string;
  readonly v: number;
  readonly at: number;
  readonly type: EventType;
  readonly requestId: string | null;
  /** The pseudonym of who did it. */
  readonly actor: string | null;
  /** What is not personal (personal.ts). */
  readonly data: Readonly<Record<string, unknown>>;
  /** An envelope for each person whom the event names. */
  readonly personal: readonly Personal[];
}

/** An event about a request; `by` did it, null for the service itself. */
export function eventAbout<Type extends EventType>(
  request: Pick<Request, 'id' | 'requester'>,
  { type, by, data }: { type: Type; by: PrincipalRef | null; data: EventData[Type] },
): BodyOf<Type> {
  const actor = by && { key: by.key, name: by.name };
  return { type, requestId: request.id, actor, requester: request.requester.key, data };
}
