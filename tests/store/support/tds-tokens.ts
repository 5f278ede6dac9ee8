import type { Duplex } from 'node:stream';

/** A row of the double: sends numbers as bigint, texts as nvarchar. */
export type DoubleRow = Readonly<Record<string, string | number | null>>;

const HEADER_BYTES = 8;
const LAST = 0x01;
const ANSWER = 0x04;
const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

/** Passes on each complete message of a connection: its type and payload. */
export function readPackets(line: Duplex, see: (type: number, payload: Buffer) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];
  line.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER_BYTES && pending.length >= pending.readUInt16BE(2)) {
      const size = pending.readUInt16BE(2);
      const [type, status] = [pending.readUInt8(0), pending.readUInt8(1)];
      parts.push(pending.subarray(HEADER_BYTES, size));
      pending = pending.subarray(size);
      if ((status & LAST) === 0) continue;
      const payload = Buffer.concat(parts);
      parts = [];
      see(type, payload);
    }
  });
}

/** A packet, by default a complete answer. */
export function packet(payload: Buffer, { type = ANSWER, last = true } = {}): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(type, 0);
  header.writeUInt8(last ? LAST : 0, 1);
  header.writeUInt16BE(payload.length + HEADER_BYTES, 2);
  header.writeUInt8(1, 6);
  return Buffer.concat([header, payload]);
}

/** Version and encryption option (MS-TDS 2.2.6.5); by default no encryption. */
export function preloginPayload(encryption = 2): Buffer {
  return Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, encryption]);
}

/** Redirects the client to another server, as Azure's gateways do (MS-TDS 2.2.7.9, type 20). */
export function routingTokens({ host, port }: { host: string; port: number }): Buffer {
  const where = Buffer.alloc(5);
  where.writeUInt16LE(port, 1);
  where.writeUInt16LE(host.length, 3);
  const route = Buffer.concat([where, Buffer.from(host, 'utf16le')]);
  const body = Buffer.concat([Buffer.from([20]), length16(route), route, Buffer.from([0, 0])]);
  return Buffer.concat([Buffer.from([0xe3]), length16(body), body]);
}

/** LOGINACK and DONE. */
export function loginTokens(): Buffer {
  const body = Buffer.concat([
    Buffer.from([1, 0x74, 0, 0, 4]),
    shortText('double'),
    Buffer.from([16, 0, 0, 0]),
  ]);
  return Buffer.concat([Buffer.from([0xad]), length16(body), body, done(0xfd, 0, 0)]);
}

/** An error by its number, and DONE. */
export function errorTokens(number: number, message?: string): Buffer {
  return Buffer.concat([errorToken(number, message), done(0xfd, 0x02, 0)]);
}

/** A failed login: its reason, and the 18456 that SQL Server sends after each (MS-TDS 2.2.7.10). */
export function failedLoginTokens(reason: number): Buffer {
  const tokens = [errorToken(reason), errorToken(18456, 'Login failed for user.')];
  return Buffer.concat([...tokens, done(0xfd, 0x02, 0)]);
}

function errorToken(number: number, message = `error ${number}`): Buffer {
  const words = Buffer.from(message, 'utf16le');
  const size = Buffer.alloc(2);
  size.writeUInt16LE(message.length);
  const head = Buffer.alloc(6);
  head.writeUInt32LE(number, 0);
  head.writeUInt8(1, 4);
  head.writeUInt8(14, 5);
  const body = Buffer.concat([
    head,
    size,
    words,
    shortText('double'),
    shortText(''),
    Buffer.from([1, 0, 0, 0]),
  ]);
  return Buffer.concat([Buffer.from([0xaa]), length16(body), body]);
}

/** The answer to an attention: the request before it is over. */
export function attentionTokens(): Buffer {
  return done(0xfd, 0x20, 0);
}

/** Rows of one shape as the answer of a procedure; no rows without a shape. */
export function answerTokens(rows: readonly DoubleRow[]): Buffer {
  const [first] = rows;
  const status = Buffer.from([0x79, 0, 0, 0, 0]);
  if (!first) return Buffer.concat([status, done(0xfe, 0, 0)]);
  const names = Object.keys(first);
  const whole = names.map((name) => typeof first[name] === 'number');
  const count = Buffer.alloc(2);
  count.writeUInt16LE(names.length);
  const columns = names.map((name, at) =>
    Buffer.concat([
      Buffer.from([0, 0, 0, 0, 9, 0]),
      whole[at]
        ? Buffer.from([0x26, 8])
        : Buffer.concat([Buffer.from([0xe7, 0x40, 0x1f]), COLLATION]),
      shortText(name),
    ]),
  );
  const rowTokens = rows.map((row) =>
    Buffer.concat([
      Buffer.from([0xd1]),
      ...names.map((name, at) => cell(row[name] ?? null, whole[at] ?? false)),
    ]),
  );
  return Buffer.concat([
    Buffer.from([0x81]),
    count,
    ...columns,
    ...rowTokens,
    done(0xff, 0x11, rows.length),
    status,
    done(0xfe, 0, 0),
  ]);
}

function cell(value: string | number | null, whole: boolean): Buffer {
  if (whole) {
    if (value === null) return Buffer.from([0]);
    const made = Buffer.alloc(9);
    made.writeUInt8(8);
    made.writeBigInt64LE(BigInt(value), 1);
    return made;
  }
  if (value === null) return Buffer.from([0xff, 0xff]);
  const words = Buffer.from(String(value), 'utf16le');
  return Buffer.concat([length16(words), words]);
}

function done(token: number, status: number, rows: number): Buffer {
  const made = Buffer.alloc(13);
  made.writeUInt8(token);
  made.writeUInt16LE(status, 1);
  made.writeUInt16LE(0xc1, 3);
  made.writeBigUInt64LE(BigInt(rows), 5);
  return made;
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')]);
}

function length16(body: Buffer): Buffer {
  const made = Buffer.alloc(2);
  made.writeUInt16LE(body.length);
  return made;
}
