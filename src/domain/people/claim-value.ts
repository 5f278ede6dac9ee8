import type { ClaimValue, Principal } from './principal.ts';

/** A longer claim is refused, not cut: the rest could matter. */
const MAX_TEXT = 1_024;
const MAX_VALUES = 200;

/** Whether workflow rules support a value of this shape. */
export function isClaimValue(value: unknown): value is ClaimValue {
  if (typeof value === 'string') return isText(value);
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'boolean' || isTextList(value, MAX_VALUES);
}

/** Whether a value is a string of bounded length without half a surrogate pair. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT && value.isWellFormed();
}

/** Whether a value is an array of at most `limit` such strings. */
export function isTextList(value: unknown, limit: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= limit && value.every(isText);
}

/** A claim that has a value: two people without a department do not share one. */
export function claimWithValue(claims: Principal['claims'], name: string): ClaimValue | undefined {
  const own = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return own === '' || (Array.isArray(own) && own.length === 0) ? undefined : own;
}
