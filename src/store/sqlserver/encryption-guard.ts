/** Checks the start of a connection that must be encrypted. Both throw errors with UNENCRYPTED. */
export interface EncryptionGuard {
  /** Checks received data. Returns what may be read; undefined while a message is incomplete. */
  received(chunk: Buffer): Buffer | undefined;
  /** Checks data before it is sent. */
  sent(chunk: unknown): void;
}

/** The error code of the guard. */
export const UNENCRYPTED = 'EUNENCRYPTED';

const HEADER_BYTES = 8;
const LAST = 0x01;
const ANSWER = 0x04;
const PRELOGIN = 0x12;
const ENCRYPTION = 0x01;
const TERMINATOR = 0xff;
const OPTION_BYTES = 5;
/** ENCRYPT_ON and ENCRYPT_REQ. ENCRYPT_OFF encrypts only the login, ENCRYPT_NOT_SUP nothing. */
const ENCRYPTED: readonly number[] = [0x01, 0x03];
const TLS_RECORDS: readonly number[] = [0x14, 0x15, 0x16, 0x17];
/** Real answers have less than 200 bytes, the server's handshake messages less than 10,000. */
const MAX_BYTES = { answer: 4_096, handshake: 65_536 };

/**
 * Enforces the encryption rules of MS-TDS (2.2.6.5, 3.2.5) until TLS protects the connection. tedious
 * (19.2) requests encryption, but if the server (or an attacker in between) declines, it sends the
 * password in plain text. It also accepts a plain-text message after the handshake as an encrypted
 * one. Until the client sends its first bare TLS record:
 *
 * - the server's answer must promise encryption, in an unambiguous form;
 * - each server message answers one of the client's, and no bytes follow it;
 * - the client sends only PRELOGIN packets, which contain the handshake. This rule alone protects the
 *   password; the others give the reason and prevent forged answers.
 */
export function createEncryptionGuard(): EncryptionGuard {
  let phase: 'answer' | 'handshake' | 'encrypted' = 'answer';
  let awaiting = false;
  let held: Buffer = Buffer.alloc(0);
  return {
    received(chunk) {
      if (phase === 'encrypted') return chunk;
      if (!awaiting) throw unencrypted('the server sent plain text out of turn');
      held = Buffer.concat([held, chunk]);
      const found = messageIn(held, phase === 'answer' ? [ANSWER] : [ANSWER, PRELOGIN]);
      if (held.length > MAX_BYTES[phase]) throw unencrypted('the answer is too long');
      if (found === undefined) return undefined;
      if (held.length > found.size) throw unencrypted('bytes follow the answer');
      if (phase === 'answer') requireEncryption(found.payload);
      const message = held;
      [phase, awaiting, held] = ['handshake', false, Buffer.alloc(0)];
      return message;
    },
    sent(chunk) {
      if (phase === 'encrypted') return;
      const first = Buffer.isBuffer(chunk) ? (chunk[0] ?? 0) : 0;
      const answered = phase === 'handshake' && !awaiting;
      if (answered && TLS_RECORDS.includes(first)) phase = 'encrypted';
      else if (first === PRELOGIN && (phase === 'handshake' || !awaiting)) awaiting = true;
      else throw unencrypted('the next message would be sent in plain text');
    },
  };
}

/** The first message, of one or more packets; undefined while it is incomplete. */
function messageIn(
  bytes: Buffer,
  types: readonly number[],
): { size: number; payload: Buffer } | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (!types.includes(bytes.readUInt8(at))) throw unencrypted('the answer is not TDS');
    if (bytes.length < at + HEADER_BYTES) return undefined;
    const end = at + bytes.readUInt16BE(at + 2);
    if (end < at + HEADER_BYTES) throw unencrypted('the answer is not TDS');
    if (end > bytes.length) return undefined;
    parts.push(bytes.subarray(at + HEADER_BYTES, end));
    if ((bytes.readUInt8(at + 1) & LAST) !== 0) return { size: end, payload: Buffer.concat(parts) };
    at = end;
  }
  return undefined;
}

/** Requires one valid option: token, offset and length; the values follow the terminator. */
function requireEncryption(payload: Buffer): void {
  const values: number[] = [];
  for (let at = 0; payload[at] !== TERMINATOR; at += OPTION_BYTES) {
    if (payload.length < at + OPTION_BYTES) throw unencrypted('the answer is incomplete');
    if (payload[at] !== ENCRYPTION) continue;
    const value = payload[payload.readUInt16BE(at + 1)];
    if (payload.readUInt16BE(at + 3) !== 1 || value === undefined) {
      throw unencrypted('the encryption option is invalid');
    }
    values.push(value);
  }
  // Parsers differ in which of several values counts, so more than one is an error.
  const [value, ...more] = values;
  if (value === undefined || more.length > 0 || !ENCRYPTED.includes(value)) {
    throw unencrypted(
      `the server does not encrypt (it answered ${values.join(', ') || 'nothing'})`,
    );
  }
}

function unencrypted(why: string): Error {
  return Object.assign(
    new Error(`Connection closed, because it must be encrypted: ${why} (${UNENCRYPTED})`),
    { code: UNENCRYPTED },
  );
}
