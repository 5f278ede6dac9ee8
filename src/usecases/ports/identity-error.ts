import type { Refusal } from '../../domain/refusal.ts';

/** A token or sign-in that is refused. `message` is the English sentence, for the API and logs. */
export class IdentityError extends Error {
  readonly code: string;
  /** The claim, header or detail that is wrong. */
  readonly about: string | null;
  /** What the sign-in lacks. */
  readonly refusal: Refusal | null;
  /** What the next DPoP proof must carry, where that is why (RFC 9449 9). */
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
