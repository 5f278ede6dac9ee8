import type { RefusalCode } from '../domain/refusal.ts';

/**
 * Codes of requests that the HTTP server itself rejects: a closed set, each with status and title.
 * Documented in docs/reference/errors.md, with the refusals of the domain.
 */
export const HTTP_PROBLEMS = {
  target_invalid: [400, 'The request target is not valid'],
  header_invalid: [400, 'A header is not valid'],
  request_malformed: [400, 'The request is not valid HTTP'],
  body_unexpected: [400, 'This request has no body'],
  body_incomplete: [400, 'The body ended early'],
  body_not_utf8: [400, 'The body is not UTF-8'],
  json_invalid: [400, 'The body is not JSON'],
  json_too_deep: [400, 'The JSON is nested too deeply'],
  json_duplicate_key: [400, 'The JSON has a key twice'],
  query_invalid: [400, 'A query parameter is not valid'],
  token_missing: [401, 'A bearer token is needed'],
  activity_refused: [401, 'The activity is refused'],
  route_not_found: [404, 'There is nothing here'],
  method_not_allowed: [405, 'The method is not allowed here'],
  body_timeout: [408, 'The request took too long to arrive'],
  body_too_large: [413, 'The body is too large'],
  content_encoding_refused: [415, 'Compressed bodies are not accepted'],
  media_type_refused: [415, 'The body must be application/json'],
  body_invalid: [422, 'The body is not valid'],
  idempotency_key_invalid: [422, 'The Idempotency-Key is not valid'],
  address_limited: [429, 'Too many requests from one address'],
  headers_too_large: [431, 'The headers are too large'],
  internal_error: [500, 'Internal error'],
  overloaded: [503, 'Too many requests at once'],
  store_busy: [503, 'The store is busy'],
  store_unavailable: [503, 'The store does not answer'],
  store_full: [503, 'The store is full'],
  store_readonly: [503, 'The store is read-only'],
  store_closed: [503, 'The service is stopping'],
  erasure_unfinished: [503, 'The erasure is not finished'],
} as const satisfies Record<string, readonly [number, string]>;

export type HttpCode = keyof typeof HTTP_PROBLEMS;

/** The codes above, for the tests of the documents. */
export const HTTP_CODES = Object.keys(HTTP_PROBLEMS) as readonly HttpCode[];

/** The status of each refusal of the domain. */
export const REFUSAL_STATUS: Readonly<Record<RefusalCode, number>> = {
  workflow_unknown: 422,
  requester_not_allowed: 403,
  agent_not_allowed: 403,
  rerun_unproven: 403,
  field_unknown: 422,
  field_missing: 422,
  field_invalid: 422,
  request_too_large: 422,
  reason_too_long: 422,
  claim_unavailable: 403,
  no_stage_applies: 422,
  rate_limited: 429,
  request_not_found: 404,
  request_closed: 409,
  request_expired: 409,
  stage_unknown: 422,
  stage_waiting: 409,
  stage_closed: 409,
  revision_unknown: 409,
  digest_mismatch: 409,
  own_request: 403,
  approver_not_person: 403,
  approver_is_agent: 403,
  role_missing: 403,
  step_up_required: 403,
  claim_mismatch: 403,
  nothing_to_withdraw: 409,
  not_requester: 403,
  too_late_to_cancel: 409,
  idempotency_mismatch: 422,
  token_replayed: 409,
  not_administrator: 403,
  not_auditor: 403,
  job_not_found: 404,
  job_not_failed: 409,
  job_not_dead: 409,
  own_erasure: 403,
  person_in_use: 409,
};
