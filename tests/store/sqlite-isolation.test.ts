import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { deciding, event, change, request, submission } from './build.ts';
import { openSqlite } from './open-sqlite.ts';

describe('a SQLite store beside other connections', () => {
  let opened: Awaited<ReturnType<typeof openSqlite>>;
  let other: DatabaseSync;
  beforeEach(async () => {
    opened = await openSqlite({ maxWaitMs: 600, queueLimit: 50 });
    other = new DatabaseSync(opened.path);
  });
  afterEach(async () => {
    other.close();
    await opened.cleanup();
  });

  test('reads do not see an unfinished group, and do not wait for it', async () => {
    const { store } = opened;
    const asked = request();
    await store.commit(submission(asked));
    other.exec('BEGIN IMMEDIATE');
    other.exec(`UPDATE requests SET state = 'approved', version = 2`);
    other.exec('DELETE FROM jobs');
    expect((await store.loadRequest(asked.id))?.version).toBe(1);
    expect(await store.listRequests({ states: ['approved'], limit: 9 })).toEqual([]);
    expect((await store.countJobs()).waiting).toBe(1);
    other.exec('COMMIT');
    expect(await store.listRequests({ states: ['approved'], limit: 9 })).toHaveLength(1);
    expect((await store.countJobs()).waiting).toBe(0);
  });

  test.each([
    ['requests', 'asked'],
    ['requests', 'progress'],
    ['decisions', 'body'],
  ])('rejects a request whose %s.%s a newer version wrote', async (table, column) => {
    const { store } = opened;
    const asked = request();
    await store.commit(submission(asked));
    await store.commit(deciding(asked));
    expect(await store.loadRequest(asked.id)).toMatchObject({ decisions: [{ word: 'approve' }] });
    other.exec(`UPDATE ${table} SET ${column} = json_set(${column}, '$.v', 2)`);
    const error = { code: 'schema_newer', message: expect.stringContaining('in shape 2') };
    await expect(store.loadRequest(asked.id)).rejects.toMatchObject(error);
    await expect(store.loadWithCards(asked.id)).rejects.toMatchObject(error);
    await expect(store.listRequests({ limit: 9 })).rejects.toMatchObject(error);
  });

  test('a locked file does not block the event loop, and the commit follows', async () => {
    const { store } = opened;
    other.exec('BEGIN IMMEDIATE');
    const committing = store.commit(submission(request()));
    let turns = 0;
    for (let at = 0; at < 30; at += 1) {
      await sleep(5);
      turns += 1;
    }
    const state = await Promise.race([committing, sleep(0, 'still waiting')]);
    expect([turns, state]).toEqual([30, 'still waiting']);
    other.exec('COMMIT');
    expect((await committing).status).toBe('committed');
  });

  test('a lock held too long fails the waiting calls, and no later one', async () => {
    const { store } = opened;
    other.exec('BEGIN IMMEDIATE');
    const sent = submission(request());
    const waiting = [store.commit(sent), store.commit(submission(request())), store.check()];
    const results = await Promise.allSettled(waiting);
    for (const result of results) {
      expect(result).toMatchObject({ reason: { code: 'store_busy', retryable: true } });
    }
    other.exec('COMMIT');
    expect(await store.commit(sent)).toEqual({ status: 'committed', number: 1 });
  });

  test('rejects writes at once when the queue is full, and carries out the queued ones', async () => {
    const { store } = opened;
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, () => store.commit(change({ events: [event(null)] }))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
    expect(results.at(-1)).toMatchObject({ reason: { code: 'store_busy', retryable: true } });
    expect((await store.commit(change())).status).toBe('committed');
  });

  test('rejects changes and deletions of audit log rows', async () => {
    const { store } = opened;
    const asked = request();
    await store.commit(submission(asked));
    await store.commit(deciding(asked));
    const events = await store.unsealedEvents(9);
    const hash = 'h';
    await store.seal({
      expectedSize: 0,
      leaves: events.map(({ id }, index) => ({ index, eventId: id, hash })),
      checkpoint: { size: events.length, root: 'r', at: 1, jws: 'j' },
      peaks: [],
    });
    for (const [table, column] of [
      ['audit_events', 'body'],
      ['audit_leaves', 'hash'],
      ['audit_checkpoints', 'root'],
    ]) {
      expect(() => other.exec(`UPDATE ${table} SET ${column} = 'x'`)).toThrow(/never changed/);
      expect(() => other.exec(`DELETE FROM ${table}`)).toThrow(/never deleted/);
    }
    expect((await store.readLeaves({ from: 0, limit: 9 })).map((leaf) => leaf.event)).toEqual(
      events,
    );
  });

  test('reads a leaf without its event when the event was removed by force', async () => {
    const { store } = opened;
    await store.commit(change({ events: [event(null, { id: 'evt_1' })] }));
    await store.seal({
      expectedSize: 0,
      leaves: [{ index: 0, eventId: 'evt_1', hash: 'h' }],
      checkpoint: { size: 1, root: 'r', at: 1, jws: 'j' },
      peaks: [],
    });
    other.exec('DROP TRIGGER audit_events_stay');
    other.exec('DELETE FROM audit_events');
    expect(await store.readLeaves({ from: 0, limit: 9 })).toEqual([
      { index: 0, eventId: 'evt_1', hash: 'h', event: undefined },
    ]);
  });
});
