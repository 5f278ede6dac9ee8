import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Times up to this much before the last one count as the last one; earlier ones start again. */
const SLACK_MS = 1_000;

/** Source of ids and secrets; tests inject a repeatable one. */
export interface Ids {
  /**
   * A sortable unique id: prefix, 48 bits of time, 80 more (as RFC 9562 v7). Within a millisecond a
   * 40-bit counter with a random start increases (6.2, method 1). A time up to a second before the
   * last one counts as the last one. So ids increase, and new rows go to the end of an index.
   */
  next(prefix: string, nowMs: number): string;
  /** A secret of `bytes` random bytes as base64url. */
  secret(bytes: number): string;
  /** A uniformly random code of `digits` decimal digits, for people to type. */
  code(digits: number): string;
}

/** Ids from a source of random bytes; `bytes(n)` returns n bytes. */
export function idsFrom(bytes: (size: number) => Uint8Array): Ids {
  let last = { ms: NaN, time: '', count: 0 };
  const counted = (ms: number, raw: Uint8Array): string => {
    const behind = last.ms - ms;
    if (behind >= 0 && behind < SLACK_MS) last.count = (last.count + 1) % 2 ** 40;
    // The first bit is 0, so that the counter has room to increase.
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

/** Five bytes as an exact number. */
function fortyBits(raw: Uint8Array, from: number): number {
  let value = 0;
  for (let at = from; at < from + 5; at += 1) value = value * 256 + (raw[at] ?? 0);
  return value;
}

/** Encodes a number as `length` characters of five bits. */
function letters(value: number, length: number): string {
  let rest = value;
  let text = '';
  for (let at = 0; at < length; at += 1) {
    text = (ALPHABET[rest % 32] ?? '') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
