import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { eventually } from '../../../src/local/find.ts';
import { startReplicaShare } from '../../../src/teams/outbound/replica-share.ts';
import type { ReplicaShare } from '../../../src/teams/outbound/replica-share.ts';
import { memoryLeases } from '../../support/memory-leases.ts';

// Heartbeats come in real time, four in a lease; leases end by a clock that stands still.
const LEASE_MS = 40;
let now = 1_763_000_000_000;
let leases = memoryLeases();
let running: ReplicaShare[] = [];
beforeEach(() => {
  leases = memoryLeases();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((share) => share.stop()));
});

function start(changed: () => void = () => undefined): ReplicaShare {
  const share = startReplicaShare({
    leases,
    clock: { now: () => now },
    ids: systemIds,
    log: silentLogger,
    leaseMs: LEASE_MS,
    changed,
  });
  running.push(share);
  return share;
}

const has = (share: ReplicaShare, calls: number) =>
  eventually(`a share of ${calls}`, () => share.calls() === calls);

test('a replica that is alone has the whole window from its first heartbeat on', async () => {
  const share = start();
  expect(share.calls()).toBe(0);
  await has(share, 50);
});

test('a second replica waits for one lease, then both have half', async () => {
  const first = start();
  await has(first, 50);
  let beats = 0;
  const second = start(() => (beats += 1));
  await eventually('three heartbeats', () => beats >= 3);
  await has(first, 25);
  expect(second.calls()).toBe(0);
  now += LEASE_MS;
  await has(second, 25);
  await has(first, 25);
});

test('a larger share is used from the second heartbeat on after a replica left', async () => {
  const alive: number[] = [];
  const { countLeases } = leases;
  leases.countLeases = async (options) => {
    const count = await countLeases(options);
    alive.push(count);
    return count;
  };
  const seen: [alive: number | undefined, calls: number][] = [];
  const first = start(() => seen.push([alive.at(-1), first.calls()]));
  await has(first, 50);
  const second = start();
  await has(first, 25);
  now += LEASE_MS;
  await has(second, 25);
  await second.stop();
  running = [first];
  const before = seen.length;
  await has(first, 50);
  expect(seen.slice(before - 1).find(([count]) => count === 1)).toEqual([1, 25]);
});

test('a killed replica counts until its lease has run out', async () => {
  const first = start();
  await has(first, 50);
  const name = 'replica:killed';
  await leases.takeLease({ name, holder: name, leaseMs: LEASE_MS, now: now + 1 });
  await has(first, 25);
  now += LEASE_MS;
  await has(first, 25);
  now += 1;
  await has(first, 50);
});

test('a replica whose own lease has run out makes no calls', async () => {
  const share = start();
  await has(share, 50);
  const { takeLease } = leases;
  leases.takeLease = () => Promise.reject(new Error('the database is away'));
  now += LEASE_MS;
  await has(share, 0);
  leases.takeLease = takeLease;
  await has(share, 50);
});

test('three share evenly, and never more than there is', async () => {
  const all = [start(), start(), start()];
  now += 1;
  await eventually('all wait', () => [...leases.rows.keys()].length === 3);
  now += LEASE_MS;
  for (const share of all) await has(share, 16);
});
