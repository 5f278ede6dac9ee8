/** What watches the start of a connection that has to be encrypted. Both throw, coded. */
export interface EncryptionGuard {
  /** Takes what the server sent; gives what may be handed on, if anything may yet. */
  received(chunk: Buffer): Buffer | undefined;
  /** Takes what is about to be sent. */
  sent(chunk: unknown): void;
}

/** The code of every fault of the guard. */
export const UNENCRYPTED = 'EUNENCRYPTED';

const HEADER_BYTES = 8;
const LAST = 0x01;
const ANSWER = 0x04;
const PRELOGIN = 0x12;
const ENCRYPTION = 0x01;
const TERMINATOR = 0xff;
const OPTION_BYTES = 5;
/** ENCRYPT_ON and ENCRYPT_REQ; the others are ENCRYPT_OFF (the login alone) and _NOT_SUP. */
const ENCRYPTED: readonly number[] = [0x01, 0x03];
const TLS_RECORDS: readonly number[] = [0x14, 0x15, 0x16, 0x17];
/** Real answers have less than 200 bytes, a server's part of a handshake less than 10,000. */
const MAX_BYTES = { answer: 4_096, handshake: 65_536 };

/**
 * Holds the two sides to what MS-TDS (2.2.6.5, 3.2.5) says of a connection that is encrypted as a
 * whole, up to where TLS holds them to it. tedious (19.2) by itself asks for encryption, but goes
 * on in the clear, and sends the password, where the server (or who speaks in its place) answers
 * that there is none; and it takes a message that was put in behind the handshake for one that
 * came encrypted. So until the client sends its first bare TLS record:
 *
 * - the server's answer must promise encryption, in one way that cannot be misread;
 * - each message of the server's answers one of the client's, and nothing stands behind it;
 * - the client sends PRELOGIN packets (which carry the handshake) and nothing else. That alone
 *   would keep the password from the wire; the rest says why, and lets no answer be forged.
 */
export function createEncryptionGuard(): EncryptionGuard {
  let phase: 'answer' | 'handshake' | 'encrypted' = 'answer';
  let awaiting = false;
  let held: Buffer = Buffer.alloc(0);
  return {
    received(chunk) {
      if (phase === 'encrypted') return chunk;
      if (!awaiting) throw unencrypted('it spoke out of its turn, in the clear');
      held = Buffer.concat([held, chunk]);
      const size = messageSize(held, phase === 'answer' ? [ANSWER] : [ANSWER, PRELOGIN]);
      if (held.length > MAX_BYTES[phase]) throw unencrypted('its answer has no end');
      if (size === undefined) return undefined;
      if (held.length > size) throw unencrypted('something stands behind its answer');
      if (phase === 'answer') requireEncryption(payloadOf(held));
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
      else throw unencrypted('the next message would have gone out in the clear');
    },
  };
}

/** The size of the message (of one packet or several) at the start; undefined: it is not whole. */
function messageSize(bytes: Buffer, types: readonly number[]): number | undefined {
  for (let at = 0; at < bytes.length;) {
    if (!types.includes(bytes.readUInt8(at))) throw unencrypted('its answer is no TDS');
    if (bytes.length < at + HEADER_BYTES) return undefined;
    const size = bytes.readUInt16BE(at + 2);
    if (size < HEADER_BYTES) throw unencrypted('its answer is no TDS');
    const last = (bytes.readUInt8(at + 1) & LAST) !== 0;
    at += size;
    if (at > bytes.length) return undefined;
    if (last) return at;
  }
  return undefined;
}

/** What the packets of a whole message carry. */
function payloadOf(message: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length;) {
    const end = at + message.readUInt16BE(at + 2);
    parts.push(message.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/** Each option: token, place and length of its value; the values stand behind the terminator. */
function requireEncryption(payload: Buffer): void {
  const values: number[] = [];
  for (let at = 0; payload[at] !== TERMINATOR; at += OPTION_BYTES) {
    if (payload.length < at + OPTION_BYTES) throw unencrypted('its answer is cut off');
    if (payload[at] !== ENCRYPTION) continue;
    const value = payload[payload.readUInt16BE(at + 1)];
    if (payload.readUInt16BE(at + 3) !== 1 || value === undefined) {
      throw unencrypted('its answer to whether it encrypts cannot be read');
    }
    values.push(value);
  }
  // Not the first or the last of several: readers differ in which of them counts.
  const [value, ...more] = values;
  if (value === undefined || more.length > 0 || !ENCRYPTED.includes(value)) {
    throw unencrypted(`it does not encrypt (it answered ${values.join(', ') || 'nothing'})`);
  }
}

function unencrypted(why: string): Error {
  return Object.assign(
    new Error(`The server was refused, as encryption is asked for: ${why} (${UNENCRYPTED})`),
    { code: UNENCRYPTED },
  );
}
