import type { Outcome } from '../outcome.ts';
import type { ClaimValue, PrincipalRef, Proof, TokenEvidence } from '../people/principal.ts';
import type { FieldType, FieldValue, SingleUse } from '../workflow/workflow.ts';
import type { RequestState } from './state.ts';
import type { StepUp } from './step-up.ts';

/** A place in a stage that one distinct person fills: by one of the roles, and by the claim. */
export interface Seat {
  readonly roles: readonly string[];
  /** The claim that the approver's token must carry with exactly this value; null: none. */
  readonly where: { readonly claim: string; readonly value: ClaimValue } | null;
}

/** A stage as it applies to one request: conditions on the requester are already resolved. */
export interface PlannedStage {
  readonly id: string;
  readonly name: string;
  /** Ids of the stages that must be approved before this one opens. */
  readonly after: readonly string[];
  /** All of them must be filled, each by another person; empty where `anyOf` is given. */
  readonly seats: readonly Seat[];
  /** Groups of seats: one group that distinct people fill approves the stage. */
  readonly anyOf?: readonly (readonly Seat[])[];
  /** How many distinct people must deny to deny the stage. */
  readonly denyQuorum: number;
  /** What the sign-in behind a decision must satisfy; absent: nothing beyond the role. */
  readonly stepUp?: StepUp;
}

/** What will be applied, by what, to what. `target` names it for people, without secrets. */
export interface PlannedExecution {
  readonly executor: string;
  readonly kind: string;
  /** SHA-256 over the executor's configuration, secrets by their reference only. */
  readonly configHash: string;
  readonly target: string;
  readonly durationMs: number | null;
}

/** Everything that decides about a request, fixed when it was made. */
export interface Plan {
  readonly stages: readonly PlannedStage[];
  readonly execution: PlannedExecution;
  /** The name of the channel where the card is posted. */
  readonly channel: string;
  readonly fields: readonly {
    readonly id: string;
    readonly label: string;
    readonly type: FieldType;
    /** Left out: values are not personal. */
    readonly personal?: true;
  }[];
  /** Left out: `workloads`. */
  readonly singleUse?: SingleUse;
  /** Whether the deciding people must still have role and claim of their stage when it runs. */
  readonly recheckRoles?: true;
}

/** What was found of one deciding person just before the execution. */
export interface Rechecked {
  readonly decisionId: string;
  /** Key of the approver's principal. */
  readonly key: string;
  readonly role: string;
  /** `unknown`: nobody could tell. */
  readonly found: 'held' | 'lost' | 'unknown';
  /** Seats of the stage that the person may fill now, as in the evidence. */
  readonly seats: readonly number[];
  /** The stage's claim that was not found as it was wanted; left out where it was the role. */
  readonly claim?: string;
}

/** The recheck of the approvers before an execution or another try. Times in ms. */
export interface Recheck {
  readonly at: number;
  readonly people: readonly Rechecked[];
  /** The start of a failing lookup, which is repeated. */
  readonly failingSince?: number;
}

/** What proves a decision. Times in ms. */
export interface Evidence {
  readonly token: TokenEvidence;
  /** Which way proved the person, and when the claims were verified. */
  readonly proof?: Proof;
  readonly roles: readonly string[];
  /** The role that authorised it. */
  readonly role: string;
  /** Seats of the stage that this person may fill, as indexes into `seatsOf(stage)`. */
  readonly seats: readonly number[];
  readonly via: 'teams' | 'api';
  readonly tenant: string | null;
  readonly objectId: string | null;
  readonly activityId: string | null;
  readonly conversationId: string | null;
  readonly exchangeId: string | null;
  /** Digest of what was shown, and the request's revision that showed it. */
  readonly digest: string;
  readonly revision: number;
}

/** How a command came in, as evidence keeps it. */
export type Origin = Pick<
  Evidence,
  'via' | 'tenant' | 'objectId' | 'activityId' | 'conversationId' | 'exchangeId'
>;

/** What a person says on a stage. The last word of a person on a stage counts. */
export type Word = 'approve' | 'deny' | 'withdraw';

/** One person's word on one stage. Words are appended, never changed. */
export interface Decision {
  readonly id: string;
  readonly requestId: string;
  /** Id of the stage. */
  readonly stage: string;
  /** Numbers the words of this person on this stage, from 1. */
  readonly nth: number;
  readonly word: Word;
  readonly approver: PrincipalRef;
  readonly reason: string | null;
  readonly at: number;
  readonly evidence: Evidence;
}

/** One asking. `version` rises by one with every commit and is what cards call the revision. */
export interface Request {
  readonly id: string;
  /** The number that people say; given by the store, 0 before the first commit. */
  readonly number: number;
  readonly version: number;
  readonly state: RequestState;
  readonly workflow: string;
  readonly workflowVersion: string;
  readonly title: string;
  readonly requester: PrincipalRef;
  readonly beneficiary: PrincipalRef;
  /** The requester's token, for the proof of who asked. */
  readonly requestedWith: TokenEvidence;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly reason: string | null;
  readonly plan: Plan;
  readonly digest: string;
  /** Salt of the digest; null once a person whose values it covers was erased. */
  readonly salt: string | null;
  readonly decisions: readonly Decision[];
  readonly outcome: Outcome | null;
  /** The last recheck of the approvers; absent without one. */
  readonly recheck?: Recheck;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number;
}
