import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** How far times may lie behind the last one; a clock that was put back further starts anew. */
const SLACK_MS = 1_000;

/** Source of ids and secrets; tests hand in one of their own to be repeatable. */
export interface Ids {
  /**
   * A sortable unique id: prefix, 48 bits of time, 80 more (as RFC 9562 v7). Within a millisecond
   * a counter of 40 bits rises that starts at random (6.2, method 1), and a time up to a second
   * behind the last one counts as that one: whoever makes ids for several things at a time still
   * gets rising ones, so that rows are added at the end of an index and not between others.
   */
  next(prefix: string, nowMs: number): string;
  /** A secret of `bytes` random bytes as base64url. */
  secret(bytes: number): string;
  /** A number code of `digits` decimal digits, evenly drawn, for people to type. */
  code(digits: number): string;
}

/** Ids from a source of random bytes (`bytes(n)` gives n of them). */
export function idsFrom(bytes: (size: number) => Uint8Array): Ids {
  let last = { ms: NaN, time: '', count: 0 };
  const counted = (ms: number, raw: Uint8Array): string => {
    const behind = last.ms - ms;
    if (behind >= 0 && behind < SLACK_MS) last.count = (last.count + 1) % 2 ** 40;
    // The first bit stays free for counting up.
    else last = { ms, time: letters(ms, 10), count: fortyBits(raw, 0) % 2 ** 39 };
    return last.time + letters(last.count, 8);
  };
  return {
    next(prefix, nowMs) {
      const raw = bytes(10);
      return `${prefix}_${counted(Math.trunc(nowMs), raw)}${letters(fortyBits(raw, 5), 8)}`;
    },
    secret: (size) => Buffer.from(bytes(size)).toString('base64url'),
    code(digits) {
      let text = '';
      for (let drawn = 0; text.length < digits && drawn < 10_000; drawn += 1) {
        const byte = bytes(1)[0] ?? 255;
        if (byte < 250) text += String(byte % 10);
      }
      return text;
    },
  };
}

/** Ids from the operating system's random source. */
export const systemIds: Ids = idsFrom(randomBytes);

/** Five bytes as a number, which holds them exactly. */
function fortyBits(raw: Uint8Array, from: number): number {
  let value = 0;
  for (let at = from; at < from + 5; at += 1) value = value * 256 + (raw[at] ?? 0);
  return value;
}

/** A number as `length` characters of five bits. */
function letters(value: number, length: number): string {
  let rest = value;
  let text = '';
  for (let at = 0; at < length; at += 1) {
    text = (ALPHABET[rest % 32] ?? '') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
