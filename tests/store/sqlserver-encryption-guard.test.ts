import { describe, expect, test } from '@jest/globals';
import { createEncryptionGuard } from '../../src/store/sqlserver/encryption-guard.ts';
import type { EncryptionGuard } from '../../src/store/sqlserver/encryption-guard.ts';
import { loginTokens, packet, preloginPayload } from './support/tds-tokens.ts';

const QUESTION = packet(preloginPayload(1), { type: 0x12 });
const YES = packet(preloginPayload(1));
const LOGIN = packet(Buffer.from('secret'), { type: 0x10 });
const handshake = packet(Buffer.from([0x16, 3, 3]), { type: 0x12 });
const record = Buffer.from([0x17, 3, 3, 0, 1, 0]);
const clear = /sent in plain text \(EUNENCRYPTED\)/;
const early = /plain text out of turn \(EUNENCRYPTED\)/;

/** The start of a valid connection, up to step `until`. */
const STEPS: readonly ((guard: EncryptionGuard) => unknown)[] = [
  (guard) => guard.sent(QUESTION),
  (guard) => guard.received(YES),
  (guard) => guard.sent(handshake),
  (guard) => guard.received(handshake),
  (guard) => guard.sent(handshake),
  (guard) => guard.received(handshake),
];
function after(until: number): EncryptionGuard {
  const guard = createEncryptionGuard();
  for (const step of STEPS.slice(0, until)) step(guard);
  return guard;
}

// The tests of sockets show what a server may send; these show what neither side may send.
describe('the guard of an encrypted connection', () => {
  test.each([0, 1, 2, 3, 4, 5, 6])('blocks a login in plain text after %i steps', (steps) => {
    expect(() => after(steps).sent(LOGIN)).toThrow(clear);
    expect(() => after(steps).sent('a text')).toThrow(clear);
  });

  test.each([0, 1, 3, 5])('does not accept a bare record as TLS after %i steps', (steps) => {
    expect(() => after(steps).sent(record)).toThrow(clear);
  });

  test('sends only the PRELOGIN question before the answer', () => {
    expect(() => after(1).sent(QUESTION)).toThrow(clear);
  });

  test.each([0, 2, 4, 6])('rejects bytes of the server out of turn, after %i steps', (steps) => {
    expect(() => after(steps).received(packet(loginTokens()))).toThrow(early);
  });

  test('passes complete messages unchanged, and everything once TLS has started', () => {
    const guard = after(1);
    expect(guard.received(YES.subarray(0, 3))).toBeUndefined();
    expect(guard.received(YES.subarray(3))).toEqual(YES);
    const begun = after(6);
    begun.sent(record);
    begun.sent(LOGIN);
    expect(begun.received(record)).toBe(record);
  });

  test('limits the size of a handshake', () => {
    const guard = after(3);
    const part = packet(Buffer.alloc(30_000), { type: 0x12, last: false });
    expect([guard.received(part), guard.received(part)]).toEqual([undefined, undefined]);
    expect(() => guard.received(part)).toThrow(/too long/);
  });
});
