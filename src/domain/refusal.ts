import type { RequestState } from './request/state.ts';

/** What a sentence is made of: plain values, which JSON keeps as they are. */
export type Params = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

type None = Readonly<Record<never, never>>;

/** Why a command is refused, and what its sentence needs. Codes are stable (docs/reference/errors.md). */
export interface RefusalParams {
  workflow_unknown: { workflow: string };
  /** `workload`: a workload's name; null for a person, who has the roles `held`. */
  requester_not_allowed: {
    workflow: string;
    workload: string | null;
    roles: readonly string[];
    held: readonly string[];
  };
  agent_not_allowed: { workflow: string };
  rerun_unproven: { workflow: string };
  field_unknown: { workflow: string; field: string; fields: readonly string[] };
  field_missing: { label: string };
  field_invalid: { label: string } & FieldProblem;
  request_too_large: { maxBytes: number };
  reason_too_long: { max: number };
  claim_unavailable: { stage: string; claim: string };
  no_stage_applies: { workflow: string };
  /** `of`: whose limit it is; an issuer's is shared by all its principals. */
  rate_limited: {
    limit: 'submissions' | 'lists' | 'waits';
    of: 'principal' | 'issuer' | 'request';
    retryAfterMs: number;
  };
  request_not_found: None;
  request_closed: { number: number; state: RequestState };
  request_expired: None;
  stage_unknown: None;
  stage_waiting: { stage: string };
  stage_closed: { stage: string; status: 'approved' | 'denied' };
  revision_unknown: { readonly revision: string };
  digest_mismatch: None;
  /** `linked`: asked through a pipeline or another account of the same person. */
  own_request: { linked: boolean };
  approver_not_person: None;
  approver_is_agent: None;
  role_missing: { stage: string; roles: readonly string[]; held: readonly string[] };
  /** `own`: the person's claim; null where the token does not carry it. */
  claim_mismatch: { stage: string; claim: string; wanted: string; own: string | null };
  step_up_required: StepUpLack;
  nothing_to_withdraw: None;
  not_requester: None;
  too_late_to_cancel: { state: RequestState };
  idempotency_mismatch: None;
  token_replayed: { proof: 'token' | 'exchange' };
  not_administrator: None;
  not_auditor: None;
  job_not_found: None;
  /** A retry of a job that is neither dead nor failing. */
  job_not_failed: { job: string; running: boolean };
  /** A drop of a job that is still tried. */
  job_not_dead: { job: string };
  own_erasure: None;
  /** Numbers of requests that have not ended. */
  person_in_use: { numbers: readonly string[] };
}

export type RefusalCode = keyof RefusalParams;

/** What is wrong with the value of a field. `limit` is in ms for a duration. */
export type FieldProblem =
  | { rule: 'boolean' | 'text' | 'one_line' | 'number' | 'duration' }
  | { rule: 'length'; length: number; max: number }
  | { rule: 'choices'; choices: readonly string[] }
  | { rule: 'pattern'; value: string; pattern: string }
  | { rule: 'min' | 'max'; limit: number; duration: boolean };

/** What a sign-in lacks. `ageMs`: null where it is unknown, negative where it is still to come. */
export type StepUpLack =
  | { lacks: 'acr' | 'amr'; wanted: readonly string[]; found: readonly string[] }
  | { lacks: 'age'; maxAgeMs: number; ageMs: number | null };

/** A refusal is a value, not an exception. Its sentence stands in src/text. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly params: Params;
  /** The field that the refusal is about, where it is about one. */
  readonly field?: string;
}

/** Either what was asked for, or why not. */
export type Ruling<Value> =
  ({ readonly ok: true } & Value) | { readonly ok: false; readonly refusal: Refusal };

/** A ruling against; codes whose sentence needs nothing take no params. */
export function refuse<Code extends RefusalCode>(
  code: Code,
  ...[params, field]: None extends RefusalParams[Code]
    ? [params?: RefusalParams[Code], field?: string]
    : [params: RefusalParams[Code], field?: string]
): { readonly ok: false; readonly refusal: Refusal } {
  const refusal = { code, params: params ?? {} };
  return { ok: false, refusal: field === undefined ? refusal : { ...refusal, field } };
}
