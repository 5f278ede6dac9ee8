/**
 * Why the store could not do what it was asked: a closed set of stable codes, the same for every
 * engine. Documented one by one in docs/reference/errors.md.
 */
export const STORE_ERROR_CODES = [
  'store_busy',
  'store_unavailable',
  'store_full',
  'store_readonly',
  'store_corrupt',
  'store_closed',
  'store_rejected',
  'schema_newer',
  'schema_changed',
  'store_unfinished',
  'transfer_refused',
  'person_key_changed',
  'erasure_unfinished',
] as const;

export type StoreErrorCode = (typeof STORE_ERROR_CODES)[number];

const RETRYABLE: readonly StoreErrorCode[] = [
  'store_busy',
  'store_unavailable',
  'person_key_changed',
];

/**
 * A fault of the store, with a sentence that says what to do. Where a commit failed with it,
 * nothing of the change was written, except that `store_unavailable` may hide a commit whose answer
 * was lost: sending the very same change again is safe, its id tells whether it happened.
 */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** Whether the same call may succeed a little later without anybody doing anything. */
  readonly retryable: boolean;

  constructor(code: StoreErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
    this.retryable = RETRYABLE.includes(code);
  }
}
