import { isTextList } from '../../domain/people/claim-value.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { textClaim, timeClaim } from './registered-claims.ts';

const MAX_VALUES = 50;

/**
 * Claims that describe the sign-in or name the token. Nobody gets in by them, so a provider that
 * writes them in its own way is not refused: an odd shape counts as absent, and what is absent
 * meets no step-up. Every other claim is strict.
 */
type OptionalText = 'acr' | 'jti' | 'uti';
type OptionalList = 'amr' | 'acrs';

/** A string; null if absent or of another shape. */
export function optionalText(claims: JsonObject, name: OptionalText): string | null {
  return orNull(() => textClaim(claims, name));
}

/** A NumericDate in ms; null if absent or of another shape, such as ADFS's text. */
export function optionalTime(claims: JsonObject, name: 'auth_time'): number | null {
  return orNull(() => timeClaim(claims, name));
}

/** An array of strings, or one string as a list of one; empty if absent or of another shape. */
export function optionalList(claims: JsonObject, name: OptionalList): readonly string[] {
  const value = own(claims, name);
  const list = typeof value === 'string' && value !== '' ? [value] : value;
  return isTextList(list, MAX_VALUES) ? list : [];
}

/** The value, or null where the strict reader refuses its shape. */
function orNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof IdentityError) return null;
    throw error;
  }
}
