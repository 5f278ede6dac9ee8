import type { Refusal } from '../../domain/refusal.ts';

/** A refused token or sign-in. `message` is the English sentence for API and logs. */
export class IdentityError extends Error {
  readonly code: string;
  /** The invalid claim, header or detail. */
  readonly about: string | null;
  /** The demand that the sign-in does not meet. */
  readonly refusal: Refusal | null;
  /** The nonce that the next DPoP proof must have, if that is the reason (RFC 9449 9). */
  readonly nonce: string | null;

  constructor(
    code: string,
    message: string,
    options: { about?: string; refusal?: Refusal; cause?: unknown; nonce?: string } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'IdentityError';
    this.code = code;
    this.about = options.about ?? null;
    this.refusal = options.refusal ?? null;
    this.nonce = options.nonce ?? null;
  }
}
