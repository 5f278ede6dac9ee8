/**
 * Why a command is refused: a closed set of stable codes. Documented one by one in
 * docs/reference/errors.md (a test compares both ways).
 */
export const REFUSAL_CODES = [
  'workflow_unknown',
  'requester_not_allowed',
  'field_unknown',
  'field_missing',
  'field_invalid',
  'request_too_large',
  'reason_too_long',
  'claim_unavailable',
  'no_stage_applies',
  'request_not_found',
  'request_closed',
  'request_expired',
  'stage_passed',
  'digest_mismatch',
  'own_request',
  'approver_not_person',
  'role_missing',
  'claim_mismatch',
  'step_up_required',
  'already_decided',
  'not_requester',
  'too_late_to_cancel',
  'executor_changed',
  'idempotency_mismatch',
  'token_replayed',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** A refusal is a value, not an exception: a code and a sentence that says what to do. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** The field that the refusal is about, where it is about one. */
  readonly field?: string;
}

/** Either what was asked for, or why not. */
export type Ruling<Value> =
  ({ readonly ok: true } & Value) | { readonly ok: false; readonly refusal: Refusal };

/** A ruling against. */
export function refuse(
  code: RefusalCode,
  message: string,
  field?: string,
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: field === undefined ? { code, message } : { code, message, field } };
}
