import { randomBytes } from 'node:crypto';

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
    next(prefix, nowMs) {
      const raw = new Uint8Array(16);
      new DataView(raw.buffer).setBigUint64(0, BigInt(Math.trunc(nowMs)) << 16n);
      raw.set(bytes(10), 6);
      return `${prefix}_${base32(raw)}`;
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
export const systemIds: Ids = idsFrom((size) => randomBytes(size));

function base32(raw: Uint8Array): string {
  let bits = 0n;
  for (const byte of raw) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let at = 0; at < 26; at += 1) {
    text = (ALPHABET[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
  }
  return text;
}
