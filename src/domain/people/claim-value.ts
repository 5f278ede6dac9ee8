import type { ClaimValue, Principal } from './principal.ts';

/** A longer claim is refused, not cut: the rest could matter. */
const MAX_TEXT = 1_024;
const MAX_VALUES = 200;

/** Whether workflow rules support a value of this shape. */
export function isClaimValue(value: unknown): value is ClaimValue {
  if (typeof value === 'string') return value.length <= MAX_TEXT;
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'boolean' || isTextList(value, MAX_VALUES);
}

/** Whether a value is an array of at most `limit` strings of bounded length. */
export function isTextList(value: unknown, limit: number): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= limit &&
    value.every((item) => typeof item === 'string' && item.length <= MAX_TEXT)
  );
}

/** A claim that has a value: two people without a department do not share one. */
export function claimWithValue(claims: Principal['claims'], name: string): ClaimValue | undefined {
  const own = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return own === '' || (Array.isArray(own) && own.length === 0) ? undefined : own;
}
