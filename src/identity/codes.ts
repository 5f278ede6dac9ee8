import type { Refusal } from '../domain/refusal.ts';
import { en } from '../text/en.ts';
import { identityText } from '../text/text.ts';
import { IdentityError } from '../usecases/ports/identity-error.ts';

/** Why a token, a sign-in or a login is refused. Documented in docs/reference/errors.md. */
export type IdentityCode = keyof typeof en.identityProblems;

export const IDENTITY_CODES = Object.keys(en.identityProblems) as readonly IdentityCode[];

/**
 * The error of a code. `about` names a claim, a header or a detail of `src/text`; `refusal` says why
 * a sign-in is too weak. None of them holds a token or a secret, because the sender sees them.
 */
export function identityError(
  code: IdentityCode,
  options: { about?: string; refusal?: Refusal; cause?: unknown; nonce?: string } = {},
): IdentityError {
  const { about = null, refusal = null } = options;
  return new IdentityError(code, identityText(en, { code, about, refusal }), options);
}
