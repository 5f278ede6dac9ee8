import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../src/lib/logger.ts';
import { encodeChange } from '../../src/store/sqlite/encode-change.ts';
import { runGroup } from '../../src/store/sqlite/group.ts';
import type { Answer } from '../../src/store/sqlite/group.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { createPendingCalls } from '../../src/store/sqlite/pending-calls.ts';
import { openWriter } from '../../src/store/sqlite/session.ts';
import type { Session } from '../../src/store/sqlite/session.ts';
import type { CommitResult } from '../../src/usecases/ports/store.ts';
import { change, claim, deciding, request, submission } from './build.ts';
import { openSqlite, temporaryPath } from './open-sqlite.ts';

describe('what a SQLite commit will answer', () => {
  let opened: Awaited<ReturnType<typeof openSqlite>>;
  beforeEach(async () => {
    opened = await openSqlite();
  });
  afterEach(() => opened.cleanup());

  test('is told once, ahead of the answer, of which it is the same', async () => {
    const { store } = opened;
    const told: unknown[] = [];
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        const answer = await store.commit(submission(request()), (result) =>
          told.push([at, result]),
        );
        const before = told.filter((one) => Array.isArray(one) && one[0] === at);
        return { answer, before, at };
      }),
    );
    for (const { answer, before, at } of answers) {
      expect(answer.status).toBe('committed');
      // An answer does not wait for what may be made ready: some are told nothing.
      expect([[], [[at, answer]]]).toContainEqual(before);
    }
    expect(told).toHaveLength(answers.flatMap(({ before }) => before).length);
  });

  test('is told call by call, for as long as the commit takes', async () => {
    const calls = createPendingCalls({ ...silentLogger, warn: () => void warned.push(1) });
    const [told, answered, warned]: [unknown[], unknown[], unknown[]] = [[], [], []];
    const add = () =>
      calls.add({
        resolve: (value) => answered.push(value),
        reject: (error) => answered.push(error.code),
        foreseen(value) {
          told.push(value);
          if (value === 'wrong') throw new Error('not ready');
        },
      });
    const turns = async (many: number) => {
      for (let left = many; left > 0; left -= 1) await new Promise((go) => setImmediate(go));
    };
    const failed = (code: 'store_full' | 'store_rejected') => ({
      failed: { code, message: 'no', detail: null },
    });
    Array.from({ length: 11 }, add);
    calls.expect([{ value: 'wrong' }, failed('store_rejected'), { value: 3 }]);
    await turns(10);
    expect([told, answered, warned, calls.size]).toEqual([['wrong', 3], [], [1], 11]);
    calls.settle();
    await turns(1);
    expect([told.length, answered]).toEqual([2, ['wrong', 'store_rejected', 3]]);
    calls.expect([4, 5, 6, 7, 8, 9].map((value) => ({ value })));
    await turns(1);
    // The disk was faster, or refused: nobody is told any more, least of all of another's answer.
    calls.settle([failed('store_full'), { value: 6 }]);
    await turns(10);
    expect([told.slice(2), answered.slice(3), calls.size]).toEqual([
      [4, 5, 6, 7],
      ['store_full', 6],
      6,
    ]);
  });

  test('is told of what fails as well', async () => {
    const { store } = opened;
    const asked = request();
    await store.commit(submission(asked));
    await store.commit(deciding(asked));
    const told: CommitResult[] = [];
    const result = await store.commit(deciding(asked), (expected) => told.push(expected));
    expect(result).toEqual({ status: 'conflict' });
    expect([[], [result]]).toContainEqual(told);
  });

  test('may be taken badly: the commit and its neighbours do not notice', async () => {
    const { store } = opened;
    const wrong = () => {
      throw new Error('not ready');
    };
    const both = await Promise.all([
      store.commit(submission(request()), wrong),
      store.commit(submission(request())),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['committed', 'committed']);
  });

  test('is no promise: a commit that the disk refuses fails all the same', () => {
    const file = temporaryPath();
    const session = openWriter(file.path, { busyMs: 100 });
    try {
      migrate(session, { now: 1, patienceMs: 100 });
      const broken: Session = {
        ...session,
        run(sql, row) {
          if (sql === 'COMMIT') throw new Error('disk I/O error');
          return session.run(sql, row);
        },
      };
      const told: (readonly Answer[])[] = [];
      const asked = submission(request(), { claims: [claim({ key: 'k' })] });
      const answers = runGroup(
        broken,
        [
          ['commit', encodeChange(asked)],
          ['commit', encodeChange(change({}))],
        ],
        { patienceMs: 100, expected: (expected) => told.push(expected) },
      );
      expect(told).toEqual([
        [
          { value: { status: 'committed', number: 1 } },
          { value: { status: 'committed', number: 0 } },
        ],
      ]);
      expect(answers).toMatchObject([{ failed: {} }, { failed: {} }]);
      expect(session.all('SELECT id FROM requests')).toEqual([]);
      expect(session.all('SELECT key FROM claims')).toEqual([]);
    } finally {
      session.close();
      file.remove();
    }
  });
});
