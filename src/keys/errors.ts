/** Errors of the service's own keys, each with a remedy. */
export const KEYS_CODES = {
  signing_secret_short:
    'signing.secret must be at least 32 bytes: generate one from 48 random bytes.',
  signing_secret_wrong:
    'The stored keys were encrypted under another signing.secret: start with that secret, ' +
    'or with a new database.',
  signing_key_unusable: 'A stored key is damaged: restore it from a backup of the database.',
  statement_invalid: 'This statement was not signed by this service for this purpose.',
  ciphertext_invalid: 'This text was not encrypted by this service for this purpose.',
} as const;

export type KeysCode = keyof typeof KEYS_CODES;

/** An error of keys/, with its code. */
export class KeysError extends Error {
  readonly code: KeysCode;

  constructor(code: KeysCode, options: { cause?: unknown } = {}) {
    super(KEYS_CODES[code], options);
    this.name = 'KeysError';
    this.code = code;
  }
}
