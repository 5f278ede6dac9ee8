import { identityError } from '../codes.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

const MAX_TEXT = 1_024;

/** Times of a token, in ms since 1970. */
export interface TokenTimes {
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * A string claim; null if absent. Half a surrogate pair is no text (RFC 7493 2.1): it has no
 * canonical form to hash. @throws IdentityError `token_claim_invalid`.
 */
export function textClaim(claims: JsonObject, name: string): string | null {
  const value = own(claims, name);
  if (value === undefined) return null;
  const isText = typeof value === 'string' && value !== '' && value.length <= MAX_TEXT;
  if (isText && value.isWellFormed()) return value;
  throw identityError('token_claim_invalid', { about: name });
}

/** A required string claim. @throws IdentityError `token_claim_missing` or `_invalid`. */
export function requiredText(claims: JsonObject, name: string): string {
  const value = textClaim(claims, name);
  if (value === null) throw identityError('token_claim_missing', { about: name });
  return value;
}

/**
 * A NumericDate (RFC 7519 2) in ms; null if absent. Refuses strings and inexact numbers, such as
 * `1e400`, which JSON.parse reads as infinity.
 *
 * @throws IdentityError `token_claim_invalid`.
 */
export function timeClaim(claims: JsonObject, name: string): number | null {
  const value = own(claims, name);
  if (value === undefined) return null;
  const ms = typeof value === 'number' && value >= 0 ? Math.floor(value * 1_000) : NaN;
  if (Number.isSafeInteger(ms)) return ms;
  throw identityError('token_claim_invalid', { about: name });
}

/**
 * Checks `exp`, `nbf` and `iat`. `exp` is always required, `iat` where a maximum age is set. At
 * exactly `exp` plus the tolerance the token is expired (RFC 7519 4.1.4).
 *
 * @throws IdentityError of the first check that fails.
 */
export function checkTimes(
  claims: JsonObject,
  rules: {
    now: number;
    toleranceMs: number;
    maxAgeMs: number | null;
  },
): TokenTimes {
  const { now, toleranceMs, maxAgeMs } = rules;
  const expiresAt = timeClaim(claims, 'exp');
  if (expiresAt === null) throw identityError('token_claim_missing', { about: 'exp' });
  const issuedAt = timeClaim(claims, 'iat');
  if (issuedAt === null && maxAgeMs !== null) {
    throw identityError('token_claim_missing', { about: 'iat' });
  }
  const notBefore = timeClaim(claims, 'nbf');
  if (now >= expiresAt + toleranceMs) throw identityError('token_expired');
  if (notBefore !== null && notBefore > now + toleranceMs) {
    throw identityError('token_not_yet_valid');
  }
  if (issuedAt !== null && issuedAt > now + toleranceMs) {
    throw identityError('token_issued_in_future');
  }
  if (issuedAt !== null && maxAgeMs !== null && now - issuedAt > maxAgeMs + toleranceMs) {
    throw identityError('token_too_old');
  }
  return { issuedAt: issuedAt ?? notBefore ?? 0, expiresAt };
}
