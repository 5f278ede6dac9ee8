import type { ClaimValue } from '../people/principal.ts';
import type { StepUp } from '../request/step-up.ts';

export const FIELD_TYPES = [
  'text',
  'multiline',
  'choice',
  'number',
  'boolean',
  'duration',
] as const;

export type FieldType = (typeof FIELD_TYPES)[number];

/** One thing that a requester fills in. Durations are in ms once parsed. */
export interface FieldSpec {
  readonly id: string;
  readonly label: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly choices: readonly string[];
  /** A regular expression that the whole text must match; null: any text. */
  readonly pattern: string | null;
  readonly maxLength: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly default: FieldValue | null;
  /** Whether values are personal; left out: by the type. */
  readonly personal?: boolean;
}

/** A checked value of a field; a duration is a number of ms. */
export type FieldValue = string | number | boolean;

/** A test of a field's value: `in` a list, or `over` a number (durations in ms). */
export interface FieldCondition {
  readonly field: string;
  readonly in: readonly FieldValue[] | null;
  readonly over: number | null;
}

/** A test of an approver's claim against a fixed value or one of the requester's claims. */
export interface ClaimCondition {
  readonly claim: string;
  readonly equals: { readonly requesterClaim: string } | { readonly value: ClaimValue };
}

export interface StageSpec {
  /** Unique in its workflow: what cards, decisions and the API name. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly where: ClaimCondition | null;
  readonly when: FieldCondition | null;
  readonly quorum: number;
  /** Absent where nothing is demanded, so that the versions of such workflows stay. */
  readonly stepUp?: StepUp;
}

/** Which workloads may ask: every named claim must be equal, to one of the list where it is one. */
export interface WorkloadRule {
  readonly issuer: string;
  readonly claims: Readonly<Record<string, string | readonly string[]>>;
}

/** Whose bearer tokens make a request, or decide one by the API, once only. */
export type SingleUse = 'workloads' | 'everybody' | 'nobody';

/** What can be requested. `version` is the SHA-256 of its canonical content. */
export interface Workflow {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly description: string | null;
  readonly keywords: readonly string[];
  readonly fields: readonly FieldSpec[];
  readonly request: {
    readonly roles: readonly string[];
    readonly workloads: readonly WorkloadRule[];
    /** Whether agents may ask as the people and workloads above may; left out: no. */
    readonly agents?: true;
    /** Whether runs that were started again may ask; left out: no. */
    readonly reruns?: true;
  };
  readonly stages: readonly StageSpec[];
  readonly channel: string;
  readonly expireMs: number;
  readonly executor: string;
  /** Left out: `workloads`. */
  readonly singleUse?: SingleUse;
  /** Whether the deciding people must still have their roles when it runs; left out: no. */
  readonly recheckRoles?: true;
}
