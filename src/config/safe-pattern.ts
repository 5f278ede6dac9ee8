import { createContext, Script } from 'node:vm';

/** Repeats without an upper bound (or a wide one) that one pattern may hold. */
const MAX_OPEN_REPEATS = 4;
const WIDE_REPEAT = 100;
const PROBE_LIMIT_MS = 50;

/**
 * What is wrong with a field's pattern, in words; undefined where it is good. Patterns run on text
 * that requesters choose, so those that could backtrack without end are refused: by their form
 * (back references, look-behind, a repeat inside a repeat) and by a timed try on hostile text.
 */
export function patternProblem(pattern: string, maxLength: number): string | undefined {
  let compiled: RegExp;
  try {
    compiled = new RegExp(`^(?:${pattern})$`, 'u');
  } catch (error) {
    return `a regular expression that compiles (${error instanceof Error ? error.message : error})`;
  }
  if (/\\[1-9]|\\k</.test(pattern)) return 'a pattern without back references';
  if (/\(\?<[=!]/.test(pattern)) return 'a pattern without look-behind';
  const shape = readShape(pattern);
  if (shape.nested) return 'a pattern without a repeat inside a repeat, such as (a+)+';
  if (shape.openRepeats > MAX_OPEN_REPEATS) {
    return `a pattern with at most ${MAX_OPEN_REPEATS} open repeats (* + {n,})`;
  }
  return isSlow(compiled, pattern, maxLength)
    ? 'a pattern that decides hostile text quickly (this one backtracks for long)'
    : undefined;
}

interface Frame {
  /** The group holds a repeat or an alternative, so repeating it multiplies the ways to match. */
  ambiguous: boolean;
}

function readShape(pattern: string): { nested: boolean; openRepeats: number } {
  const stack: Frame[] = [{ ambiguous: false }];
  let closed: Frame | undefined;
  let nested = false;
  let openRepeats = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at];
    const repeat = repeatAt(pattern, at);
    if (repeat !== undefined) {
      if (repeat.open) {
        openRepeats += 1;
        nested ||= closed?.ambiguous === true;
        for (const frame of stack) frame.ambiguous = true;
      }
      at += repeat.length - 1;
      if (pattern[at + 1] === '?') at += 1;
      closed = undefined;
      continue;
    }
    closed = undefined;
    if (char === '\\') at += 1;
    else if (char === '[') at = classEnd(pattern, at);
    else if (char === '|') for (const frame of stack) frame.ambiguous = true;
    else if (char === '(') stack.push({ ambiguous: false });
    else if (char === ')') closed = stack.pop();
  }
  return { nested, openRepeats };
}

/** A quantifier at this place: how long its text is, and whether it repeats without a near bound. */
function repeatAt(pattern: string, at: number): { length: number; open: boolean } | undefined {
  const char = pattern[at];
  if (char === '*' || char === '+') return { length: 1, open: true };
  const braces = char === '{' ? /^\{(\d+)(,(\d*))?\}/.exec(pattern.slice(at, at + 20)) : null;
  if (braces === null) return undefined;
  const most = braces[2] === undefined ? Number(braces[1]) : Number(braces[3] || Infinity);
  return { length: braces[0].length, open: most > WIDE_REPEAT };
}

function classEnd(pattern: string, from: number): number {
  for (let at = from + 1; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === ']') return at;
  }
  return pattern.length;
}

/** Runs the pattern on long runs of likely characters; the virtual machine ends one that is slow. */
function isSlow(compiled: RegExp, pattern: string, maxLength: number): boolean {
  const literals = new Set([...pattern.replace(/[\\()[\]{}*+?|^$]/g, ''), ...'a0 -']);
  const script = new Script('pattern.test(text)');
  for (const char of [...literals].slice(0, 40)) {
    const text = `${char.repeat(maxLength)}\u0000`;
    const context = createContext({ pattern: compiled, text });
    try {
      script.runInContext(context, { timeout: PROBE_LIMIT_MS });
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return true;
      throw error;
    }
  }
  return false;
}
