import { randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Source of ids and secrets; tests hand in one of their own to be repeatable. */
export interface Ids {
  /** A sortable unique id: prefix, 48 bits of time, 80 random bits (ordered as RFC 9562 v7). */
  next(prefix: string, nowMs: number): string;
  /** A secret of `bytes` random bytes as base64url. */
  secret(bytes: number): string;
  /** A number code of `digits` decimal digits, evenly drawn, for people to type. */
  code(digits: number): string;
}

/** Ids from a source of random bytes (`bytes(n)` gives n of them). */
export function idsFrom(bytes: (size: number) => Uint8Array): Ids {
  return {
    next: (prefix, nowMs) => `${prefix}_${timePart(Math.trunc(nowMs))}${randomPart(bytes(10))}`,
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
export const systemIds: Ids = idsFrom(pooled(4_096));

/** Random bytes fetched `poolBytes` at a time, as each fetch costs far more than a byte of it. */
function pooled(poolBytes: number): (size: number) => Uint8Array {
  const pool = new Uint8Array(poolBytes);
  let used = poolBytes;
  return (size) => {
    if (size > poolBytes) return randomFillSync(new Uint8Array(size));
    if (used + size > poolBytes) {
      randomFillSync(pool);
      used = 0;
    }
    const drawn = pool.slice(used, used + size);
    // What was handed out stays nowhere else.
    pool.fill(0, used, used + size);
    used += size;
    return drawn;
  };
}

/** 48 bits as ten characters of five bits, the first of three. */
function timePart(ms: number): string {
  let rest = ms;
  let text = '';
  for (let at = 0; at < 10; at += 1) {
    text = (ALPHABET[rest % 32] ?? '') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Ten bytes as sixteen characters: two halves of 40 bits, which a number holds exactly. */
function randomPart(raw: Uint8Array): string {
  return half(raw, 0) + half(raw, 5);
}

function half(raw: Uint8Array, from: number): string {
  let high = 0;
  for (let at = from; at < from + 5; at += 1) high = high * 256 + (raw[at] ?? 0);
  let text = '';
  for (let at = 0; at < 8; at += 1) {
    text = (ALPHABET[high % 32] ?? '') + text;
    high = Math.floor(high / 32);
  }
  return text;
}
