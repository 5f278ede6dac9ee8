import { RE2JS, RE2JSSyntaxException } from 're2js';
import { Lru } from './lru.ts';

const compiled = new Lru<RE2JS>(200);

/** The cost of a pattern, or why it is not RE2 syntax. */
export type PatternReading =
  /** `steps`: the maximum work for each character of a value. */
  | { readonly ok: true; readonly steps: number }
  /** `part`: the invalid part of the pattern. */
  | { readonly ok: false; readonly part: string; readonly reason: string };

/** Reads a pattern in RE2 syntax (https://github.com/google/re2/wiki/Syntax). */
export function readPattern(pattern: string): PatternReading {
  try {
    return { ok: true, steps: compile(pattern).programSize() };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return { ok: false, part: error.getPattern() ?? pattern, reason: error.getDescription() };
  }
}

/**
 * Whether the whole value matches a pattern in RE2 syntax. RE2 does not backtrack: for every
 * pattern the time is linear in the length of the value.
 */
export function matchesPattern(pattern: string, value: string): boolean {
  return compile(pattern).matches(value);
}

function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const fresh = RE2JS.compile(pattern);
  compiled.set(pattern, fresh);
  return fresh;
}
