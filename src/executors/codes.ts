/**
 * What an executor says became of a request: a closed set of stable codes, each explained in
 * docs/reference/errors.md (a test compares both ways).
 */
export const EXECUTION_CODES = [
  'applied',
  'target_refused',
  'target_busy',
  'target_redirected',
  'target_error',
  'target_timeout',
  'target_unreachable',
  'target_address_refused',
  'connection_lost',
  'executor_missing',
] as const;

export type ExecutionCode = (typeof EXECUTION_CODES)[number];
