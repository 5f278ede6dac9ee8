import { expect, test } from '@jest/globals';
import type { AuditCheckpoint, AuditLeaf } from '../../../src/usecases/ports/audit-store.ts';
import { T0, change, event, request, submission } from '../build.ts';
import type { Given } from '../describe-store.ts';

const checkpoint = (size: number): AuditCheckpoint => ({
  size,
  root: `root-${size}`,
  at: T0 + size,
  jws: `jws-${size}`,
});

const leaf = (index: number, eventId: string): AuditLeaf => ({
  index,
  eventId,
  hash: `hash-${index}`,
});

export function auditTests(given: Given): void {
  /** Commits an event for each id, one a commit. */
  async function record(...ids: string[]): Promise<void> {
    for (const id of ids) await given().store.commit(change({ events: [event(null, { id })] }));
  }
  const sealAll = (from: number, ...ids: string[]) =>
    given().store.seal({
      expectedSize: from,
      leaves: ids.map((id, at) => leaf(from + at, id)),
      checkpoint: checkpoint(from + ids.length),
      peaks: [`peak-${from + ids.length}`],
    });
  const unsealed = async (limit = 100) =>
    (await given().store.unsealedEvents(limit)).map(({ id }) => id);

  test('keeps the text of an event byte by byte', async () => {
    const { store } = given();
    const asked = request();
    const made = event(asked, { id: 'evt_1' });
    // No raw control character: JSON text has none, and Babelfish would store its escape.
    const body = '{"a" : 1,  "a":2.50, "text":"\\u00fc \\" \\\\ ${x} \'"} ';
    const recorded = { ...made, body };
    await store.commit(submission(asked, { events: [recorded] }));
    expect(await store.unsealedEvents(9)).toEqual([recorded]);
    await sealAll(0, 'evt_1');
    const [read] = await store.readLeaves({ from: 0, limit: 9 });
    expect(read?.event).toEqual(recorded);
  });

  test('lists events without a leaf in the order of their ids', async () => {
    await record('evt_3', 'evt_1', 'evt_2');
    expect(await unsealed()).toEqual(['evt_1', 'evt_2', 'evt_3']);
    expect(await unsealed(2)).toEqual(['evt_1', 'evt_2']);
  });

  test('a seal writes leaves and a checkpoint, and its events are no longer unsealed', async () => {
    const { store } = given();
    await record('evt_1', 'evt_2', 'evt_3');
    expect(await store.treeSize()).toBe(0);
    expect(await store.lastCheckpoint()).toBeUndefined();
    expect(await sealAll(0, 'evt_1', 'evt_2')).toBe(true);
    expect(await store.treeSize()).toBe(2);
    expect(await unsealed()).toEqual(['evt_3']);
    expect(await store.lastCheckpoint()).toEqual(checkpoint(2));
    expect(await sealAll(2, 'evt_3')).toBe(true);
    expect(await unsealed()).toEqual([]);
    expect(await store.lastCheckpoint()).toEqual(checkpoint(3));
  });

  test('lists events by id with their leaf, their mark and whether their request exists', async () => {
    const { store } = given();
    const asked = request();
    const about = event(asked, { id: 'evt_2' });
    await store.commit(submission(asked, { events: [about] }));
    await record('evt_1', 'evt_3');
    await sealAll(0, 'evt_2', 'evt_1');
    const placed = await store.listEvents({ after: '', limit: 9 });
    expect(
      placed.map(({ id, index, waits, hasRequest }) => [id, index, waits, hasRequest]),
    ).toEqual([
      ['evt_1', 1, false, false],
      ['evt_2', 0, false, true],
      ['evt_3', null, true, false],
    ]);
    const { id, at, type, requestId } = about;
    expect(placed[1]).toMatchObject({ id, at, type, requestId, waiting: null });
    expect(placed[2]?.waiting).toContain('"evt_3"');
    expect(await store.listEvents({ after: 'evt_1', limit: 1 })).toMatchObject([{ id: 'evt_2' }]);
    expect(await store.eventsOfRequests([asked.id, 'req_other'])).toEqual([about]);
    expect(await store.eventsOfRequests([])).toEqual([]);
  });

  test('an event committed late with an earlier id is sealed next', async () => {
    await record('evt_2', 'evt_3');
    await sealAll(0, 'evt_2', 'evt_3');
    await record('evt_1');
    expect(await unsealed()).toEqual(['evt_1']);
    expect(await sealAll(2, 'evt_1')).toBe(true);
    expect(await unsealed()).toEqual([]);
  });

  test('rejects a seal for another tree size, and writes nothing', async () => {
    const { store } = given();
    await record('evt_1', 'evt_2');
    await sealAll(0, 'evt_1');
    for (const seen of [0, 2]) expect(await sealAll(seen, 'evt_2')).toBe(false);
    expect(await store.treeSize()).toBe(1);
    expect(await unsealed()).toEqual(['evt_2']);
    expect(await store.listCheckpoints({ from: 0, limit: 9 })).toEqual([checkpoint(1)]);
  });

  test('of two concurrent sealers one seals', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    await record('evt_1');
    const options = {
      expectedSize: 0,
      leaves: [leaf(0, 'evt_1')],
      checkpoint: checkpoint(1),
      peaks: [],
    };
    const sealed = await Promise.all([store.seal(options), replica.seal(options)]);
    expect(sealed.sort()).toEqual([false, true]);
    expect(await store.treeSize()).toBe(1);
  });

  test('rejects a whole seal with a gap, an unknown event, a repeated event or a wrong size', async () => {
    const { store } = given();
    await record('evt_1', 'evt_2');
    const seals = [
      { expectedSize: 0, leaves: [leaf(1, 'evt_1')], checkpoint: checkpoint(1) },
      { expectedSize: 0, leaves: [leaf(0, 'evt_1'), leaf(1, 'evt_9')], checkpoint: checkpoint(2) },
      { expectedSize: 0, leaves: [leaf(0, 'evt_1'), leaf(1, 'evt_1')], checkpoint: checkpoint(2) },
      { expectedSize: 0, leaves: [leaf(0, 'evt_1')], checkpoint: checkpoint(2) },
    ];
    for (const wrong of seals) {
      await expect(store.seal({ ...wrong, peaks: ['p'] })).rejects.toMatchObject({
        code: 'store_rejected',
      });
    }
    expect(await store.treeSize()).toBe(0);
    expect(await unsealed()).toEqual(['evt_1', 'evt_2']);
    expect(await store.lastCheckpoint()).toBeUndefined();
    expect(await store.frontier()).toBeUndefined();
  });

  test('returns the frontier of the last seal on every replica', async () => {
    const { store, reopen } = given();
    await record('evt_1', 'evt_2', 'evt_3');
    expect(await store.frontier()).toBeUndefined();
    await sealAll(0, 'evt_1', 'evt_2');
    expect(await store.frontier()).toEqual({ size: 2, peaks: ['peak-2'] });
    const peaks = Array.from({ length: 53 }, (_, at) => `${at}`.padStart(43, 'x'));
    await store.seal({
      expectedSize: 2,
      leaves: [leaf(2, 'evt_3')],
      checkpoint: checkpoint(3),
      peaks,
    });
    expect(await (await reopen()).frontier()).toEqual({ size: 3, peaks });
    // A seal that lost its race does not change it.
    expect(await sealAll(2, 'evt_3')).toBe(false);
    expect(await store.frontier()).toEqual({ size: 3, peaks });
  });

  test('reads leaves in pages, each with its event', async () => {
    const { store } = given();
    await record('evt_1', 'evt_2', 'evt_3');
    const events = await store.unsealedEvents(9);
    await sealAll(0, 'evt_1', 'evt_2', 'evt_3');
    const all = events.map((recorded, at) => ({ ...leaf(at, recorded.id), event: recorded }));
    expect(await store.readLeaves({ from: 0, limit: 2 })).toEqual(all.slice(0, 2));
    expect(await store.readLeaves({ from: 2, limit: 2 })).toEqual(all.slice(2));
    expect(await store.readLeaves({ from: 3, limit: 2 })).toEqual([]);
  });

  test('reads checkpoints in pages from a tree size on', async () => {
    const { store } = given();
    await record('evt_1', 'evt_2', 'evt_3');
    for (const [at, id] of ['evt_1', 'evt_2', 'evt_3'].entries()) await sealAll(at, id);
    expect(await store.listCheckpoints({ from: 0, limit: 2 })).toEqual([
      checkpoint(1),
      checkpoint(2),
    ]);
    expect(await store.listCheckpoints({ from: 3, limit: 2 })).toEqual([checkpoint(3)]);
    expect(await store.listCheckpoints({ from: 4, limit: 2 })).toEqual([]);
  });

  test('rejects a second event with the same id', async () => {
    await record('evt_1');
    await expect(record('evt_1')).rejects.toMatchObject({ code: 'store_rejected' });
    expect(await unsealed()).toEqual(['evt_1']);
  });
}
