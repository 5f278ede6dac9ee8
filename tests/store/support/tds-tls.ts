import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { packet } from './tds-tokens.ts';

export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  /** Bytes that an attacker inserts after the server's last message of the handshake. */
  readonly insertion?: Buffer;
}

const PRELOGIN = 0x12;
const HEADER_BYTES = 8;
const LAST_FLIGHT = 2;

/**
 * The server side of TLS 1.2 on a TDS connection (MS-TDS 3.3.5.2): the handshake is inside packets
 * of type PRELOGIN, one message for each of the client's; later records are bare.
 */
export function overTls(socket: Socket, { key, cert, insertion }: ServerTls): Duplex {
  let bare = false;
  let pending: Buffer = Buffer.alloc(0);
  let flights = 0;
  const flight: Buffer[] = [];
  const send = () => {
    flights += 1;
    const wrapped = packet(Buffer.concat(flight.splice(0)), { type: PRELOGIN });
    const more = flights === LAST_FLIGHT && insertion ? [insertion] : [];
    socket.write(Buffer.concat([wrapped, ...more]));
  };
  const carrier = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      // When the client sends bare records, the handshake is over for both.
      if (bare) socket.write(chunk);
      else if (flight.push(chunk) === 1) setImmediate(send);
      done();
    },
  });
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length > 0 && pending[0] === PRELOGIN) {
      if (pending.length < HEADER_BYTES || pending.length < pending.readUInt16BE(2)) return;
      carrier.push(pending.subarray(HEADER_BYTES, pending.readUInt16BE(2)));
      pending = pending.subarray(pending.readUInt16BE(2));
    }
    if (pending.length === 0) return;
    bare = true;
    carrier.push(pending);
    pending = Buffer.alloc(0);
  });
  const line = new TLSSocket(carrier as Socket, {
    isServer: true,
    key,
    cert,
    maxVersion: 'TLSv1.2',
  });
  // Some tests make the client abort the handshake.
  line.on('error', () => socket.destroy());
  socket.on('close', () => line.destroy());
  return line;
}
