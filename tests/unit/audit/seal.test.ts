import { createHash } from 'node:crypto';
import { jest } from '@jest/globals';
import { CompactSign, compactVerify, generateKeyPair } from 'jose';
import { encodeHash, leafHash } from '../../../src/audit/merkle.ts';
import { createSealer, SealRefused, sealTurn } from '../../../src/audit/seal.ts';
import { verifyAudit } from '../../../src/audit/verify.ts';
import { idsFrom } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { eventOf, memoryLog } from './memory-log.ts';
import type { MemoryLog } from './memory-log.ts';

const { privateKey, publicKey } = await generateKeyPair('ES256');
const signer = {
  sign: (_purpose: 'checkpoints', payload: Readonly<Record<string, unknown>>, typ: string) =>
    new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader({ alg: 'ES256', typ })
      .sign(privateKey),
};
const verifyCheckpoint = async (jws: string) => {
  const { payload, protectedHeader } = await compactVerify(jws, publicKey);
  if (protectedHeader.typ !== 'countersign-checkpoint+jwt') throw new Error('another kind');
  return JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>;
};
const encoded = (text: string) => encodeHash(leafHash(Buffer.from(text)));
const ids = (seed: number) => idsFrom((size) => new Uint8Array(size).fill(seed));
const optionsFor = (store: MemoryLog, seed = 1) => ({
  store,
  keys: signer,
  clock: { now: () => 5_000 },
  ids: ids(seed),
  log: silentLogger,
  origin: 'tests/log',
  everyMs: 100,
  batchSize: 4,
});
const fill = (store: MemoryLog, from: number, count: number) => {
  for (let at = from; at < from + count; at += 1) {
    store.events.push(eventOf(`evt_${String(at).padStart(4, '0')}`, { at }));
  }
};
const drain = async (turn: () => Promise<number>) => {
  for (let turns = 0; turns < 100 && (await turn()) === 0;) turns += 1;
};

describe('the sealer', () => {
  test('writes one leaf for every event and signs a checkpoint', async () => {
    const store = memoryLog();
    fill(store, 0, 10);
    await drain(sealTurn(optionsFor(store)).turn);
    expect(store.leaves.map((leaf) => [leaf.index, leaf.eventId])).toEqual(
      store.events.map((event, index) => [index, event.id]),
    );
    expect(store.checkpoints.map(({ size }) => size)).toEqual([4, 8, 10]);
    const last = store.checkpoints.at(-1);
    expect(await verifyCheckpoint(last?.jws ?? '')).toEqual({
      origin: 'tests/log',
      size: 10,
      root: last?.root,
      at: 5_000,
    });
    const report = await verifyAudit(store, { verifyCheckpoint, origin: 'tests/log' });
    expect(report).toMatchObject({ ok: true, size: 10, checkpoints: 3, problems: [] });
  });

  test('hashes the stored bytes of an event', async () => {
    const store = memoryLog();
    const event = eventOf('evt_1', { z: 1, a: 'é' });
    const bytes = event.body.replace('"data":', '"data" : ');
    store.events.push({ ...event, body: bytes });
    await drain(sealTurn(optionsFor(store)).turn);
    const wanted = createHash('sha256').update(Uint8Array.of(0)).update(bytes).digest('base64url');
    expect(store.leaves[0]?.hash).toBe(wanted);
    expect(store.checkpoints[0]?.root).toBe(wanted);
  });

  test('does not skip an event that was committed late under an earlier id', async () => {
    const store = memoryLog();
    const { turn } = sealTurn(optionsFor(store));
    fill(store, 5, 2);
    await drain(turn);
    fill(store, 0, 2);
    await drain(turn);
    expect(store.leaves.map((leaf) => leaf.eventId)).toEqual([
      'evt_0005',
      'evt_0006',
      'evt_0000',
      'evt_0001',
    ]);
    expect((await verifyAudit(store, { verifyCheckpoint })).ok).toBe(true);
  });

  test('continues the log of another sealer, which it reads in bounded pages', async () => {
    const store = memoryLog();
    fill(store, 0, 11);
    const first = sealTurn(optionsFor(store, 1));
    await drain(first.turn);
    await first.letGo();
    const second = sealTurn(optionsFor(store, 2));
    fill(store, 11, 3);
    await drain(second.turn);
    await second.letGo();
    fill(store, 14, 3);
    await drain(first.turn);
    expect(Math.max(...store.reads)).toBeLessThanOrEqual(4);
    expect(store.leaves).toHaveLength(17);
    expect((await verifyAudit(store, { verifyCheckpoint })).ok).toBe(true);
  });

  test('starts from the stored frontier, and reads no leaf that it covers', async () => {
    const store = memoryLog();
    fill(store, 0, 1_000);
    const first = sealTurn({ ...optionsFor(store, 1), batchSize: 100 });
    await drain(first.turn);
    await first.letGo();
    fill(store, 1_000, 3);
    await drain(sealTurn(optionsFor(store, 2)).turn);
    expect(store.reads).toEqual([]);
    expect(store.stored).toMatchObject({ size: 1_003 });
    expect(store.stored?.peaks.length).toBeLessThanOrEqual(10);
    expect(await verifyAudit(store, { verifyCheckpoint })).toMatchObject({ ok: true, size: 1_003 });
  });

  test('reads the leaves after a frontier that an older sealer did not update', async () => {
    const store = memoryLog();
    fill(store, 0, 8);
    const first = sealTurn(optionsFor(store, 1));
    await drain(first.turn);
    const { stored } = store;
    fill(store, 8, 4);
    await drain(first.turn);
    await first.letGo();
    store.stored = stored;
    fill(store, 12, 1);
    await drain(sealTurn(optionsFor(store, 2)).turn);
    expect(store.reads).toEqual([4]);
    expect((await verifyAudit(store, { verifyCheckpoint })).ok).toBe(true);
  });

  test.each([
    ['is missing', () => undefined],
    ['is of another log', () => ({ size: 6, peaks: [encoded('x'), encoded('y')] })],
    ['is too large', () => ({ size: 7, peaks: [encoded('x'), encoded('y'), encoded('z')] })],
    ['has too few peaks', () => ({ size: 6, peaks: [encoded('x')] })],
    ['is malformed', () => ({ size: 6, peaks: ['x', 'y'] })],
  ])('reads all leaves when the frontier %s', async (_words, stored) => {
    const store = memoryLog();
    fill(store, 0, 6);
    const first = sealTurn(optionsFor(store, 1));
    await drain(first.turn);
    await first.letGo();
    store.stored = stored();
    fill(store, 6, 2);
    await drain(sealTurn(optionsFor(store, 2)).turn);
    expect(store.reads).toEqual([4, 2]);
    expect(await verifyAudit(store, { verifyCheckpoint })).toMatchObject({ ok: true, size: 8 });
  });

  test.each([
    ['behind the right ones', (peaks: readonly string[]) => [...peaks, 'no hash']],
    ['that is empty', (peaks: readonly string[]) => [...peaks, '']],
    ['in front of the right ones', (peaks: readonly string[]) => ['no hash', ...peaks]],
  ])('rejects a stored frontier with a malformed hash %s, and logs it', async (_words, spoil) => {
    const store = memoryLog();
    fill(store, 0, 6);
    const first = sealTurn(optionsFor(store, 1));
    await drain(first.turn);
    await first.letGo();
    store.stored = { size: 6, peaks: spoil(store.stored?.peaks ?? []) };
    fill(store, 6, 2);
    const error = jest.fn();
    const log = { ...silentLogger, error };
    await drain(sealTurn({ ...optionsFor(store, 2), log }).turn);
    expect(store.reads).toEqual([4, 2]);
    expect(error).toHaveBeenCalledWith(expect.stringContaining('malformed'), { size: 6 });
    expect(await verifyAudit(store, { verifyCheckpoint })).toMatchObject({ ok: true, size: 8 });
  });

  test('writes nothing without the lease, and after it lost a race', async () => {
    const store = memoryLog();
    fill(store, 0, 2);
    store.lease = { holder: 'other', until: 6_000 };
    expect(await sealTurn(optionsFor(store)).turn()).toBe(100);
    expect(store.leaves).toEqual([]);
    store.lease = undefined;
    const raced = { ...store, seal: async () => false };
    expect(await sealTurn({ ...optionsFor(store), store: raced }).turn()).toBeGreaterThan(0);
    expect(store.leaves).toEqual([]);
  });

  test('seals nothing on a log that became shorter, until a restart', async () => {
    const store = memoryLog();
    fill(store, 0, 8);
    const { turn } = sealTurn(optionsFor(store));
    await drain(turn);
    store.leaves.length = 4;
    store.checkpoints.length = 1;
    await expect(turn()).rejects.toThrow('had 8 leaves and has 4 now');
    await expect(turn()).rejects.toThrow(SealRefused);
    store.lease = undefined;
    await drain(sealTurn(optionsFor(store, 2)).turn);
    expect(store.leaves.map(({ eventId }) => eventId)).toEqual(store.events.map(({ id }) => id));
    expect((await verifyAudit(store, { verifyCheckpoint })).ok).toBe(true);
  });

  test('signs nothing when the past was changed, truncated or deleted', async () => {
    const prepared = async () => {
      const store = memoryLog();
      fill(store, 0, 6);
      await drain(sealTurn(optionsFor(store)).turn);
      fill(store, 6, 1);
      store.lease = undefined;
      return store;
    };
    const rewritten = await prepared();
    const [one, two] = [rewritten.leaves[1], rewritten.leaves[2]];
    if (!one || !two) throw new Error('no leaves');
    rewritten.leaves[1] = { ...one, hash: two.hash };
    // Otherwise the sealer does not check the leaf: its new leaves fit the signed root.
    rewritten.stored = undefined;
    const cut = await prepared();
    cut.leaves.pop();
    const gap = await prepared();
    gap.leaves[3] = { ...(gap.leaves[3] ?? one), index: 30 };
    gap.stored = undefined;
    const unsigned = await prepared();
    unsigned.checkpoints.length = 0;
    for (const store of [rewritten, cut, gap, unsigned]) {
      const before = store.checkpoints.length;
      await expect(sealTurn(optionsFor(store, 3)).turn()).rejects.toThrow(SealRefused);
      expect(store.checkpoints).toHaveLength(before);
    }
  });

  test('runs in a loop, continues after store failures, and releases its lease when stopped', async () => {
    const store = memoryLog();
    let failures = 1;
    const flaky: MemoryLog = {
      ...store,
      unsealedEvents: async (limit) => {
        failures -= 1;
        if (failures >= 0) throw new Error('the database is away');
        return store.unsealedEvents(limit);
      },
    };
    const error = jest.fn();
    fill(store, 0, 1);
    const sealer = createSealer({ ...optionsFor(flaky), log: { ...silentLogger, error } });
    for (let turns = 0; turns < 200 && store.leaves.length === 0; turns += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      sealer.wake();
    }
    await sealer.stop();
    expect(store.leaves).toHaveLength(1);
    expect(error).toHaveBeenCalledTimes(1);
    expect(store.lease).toBeUndefined();
  });
});
