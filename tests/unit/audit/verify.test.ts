import { sealTurn } from '../../../src/audit/seal.ts';
import { verifyAudit } from '../../../src/audit/verify.ts';
import { idsFrom } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { storedEvent } from '../../support/events.ts';
import { eventOf, memoryLog } from './memory-log.ts';
import type { MemoryLog } from './memory-log.ts';
import type { StoredEvent } from '../../../src/usecases/ports/audit-store.ts';

// A simple fake signature: these tests are about what the verification does with its result.
const signer = {
  sign: async (_purpose: 'checkpoints', payload: Readonly<Record<string, unknown>>) =>
    JSON.stringify(payload),
};
const verifyCheckpoint = async (jws: string) => {
  if (jws === 'forged') throw new Error('signature verification failed');
  return JSON.parse(jws) as Record<string, unknown>;
};

async function sealedLog(count = 9): Promise<MemoryLog> {
  const store = memoryLog();
  for (let at = 0; at < count; at += 1) store.events.push(eventOf(`evt_${at}`, { at }));
  const { turn } = sealTurn({
    store,
    keys: signer,
    clock: { now: () => 5_000 },
    log: silentLogger,
    ids: idsFrom((size) => new Uint8Array(size)),
    origin: 'tests/log',
    everyMs: 100,
    batchSize: 4,
  });
  while ((await turn()) === 0);
  store.reads.length = 0;
  return store;
}
const check = (store: MemoryLog, more: Partial<Parameters<typeof verifyAudit>[1]> = {}) =>
  verifyAudit(store, { verifyCheckpoint, origin: 'tests/log', pageSize: 2, ...more });
const codes = async (store: MemoryLog, more = {}) =>
  (await check(store, more)).problems.map(({ code, at }) => [code, at]);
function replace<Item>(items: Item[], at: number, change: (item: Item) => Item): void {
  const item = items[at];
  if (item === undefined) throw new Error(`no item ${at}`);
  items[at] = change(item);
}

const rewritten = (before: string, after: string) => (event: StoredEvent) => ({
  ...event,
  body: event.body.replace(before, after),
});

describe('verification of the audit log', () => {
  test('accepts an empty and a sealed log, in pages', async () => {
    expect(await check(memoryLog())).toMatchObject({ ok: true, size: 0, problems: [] });
    const store = await sealedLog();
    expect(await check(store)).toEqual({
      ok: true,
      size: 9,
      root: store.checkpoints.at(-1)?.root,
      checkpoints: 3,
      unsealed: 0,
      problems: [],
      problemCount: 0,
    });
    expect(Math.max(...store.reads)).toBe(2);
  });

  test('warns of events without a leaf, and succeeds', async () => {
    const store = await sealedLog();
    store.events.push(eventOf('evt_late'));
    const report = await check(store);
    expect(report).toMatchObject({ ok: true, unsealed: 1 });
    expect(report.problems[0]).toMatchObject({ code: 'events_unsealed', severity: 'warning' });
  });

  type Tampered = [string, (store: MemoryLog) => void, unknown[]];
  const tampered: Tampered[] = [
    [
      'an event was changed',
      (store) => {
        replace(store.events, 2, rewritten('demo|ann', 'demo|eve'));
      },
      [
        ['leaf_mismatch', 2],
        ['root_mismatch', 4],
        ['root_mismatch', 8],
        ['root_mismatch', 9],
      ],
    ],
    [
      'an event and its leaf were changed',
      (store) => {
        replace(store.leaves, 8, (leaf) => ({ ...leaf, hash: store.leaves[0]?.hash ?? '' }));
        replace(store.events, 8, rewritten('demo|ann', 'demo|eve'));
      },
      [
        ['leaf_mismatch', 8],
        ['root_mismatch', 9],
      ],
    ],
    [
      'a duplicate member was inserted in front of a sealed one',
      (store) => {
        replace(store.events, 8, rewritten('"data":', '"data":{"decision":"deny"},"data":'));
      },
      [
        ['leaf_mismatch', 8],
        ['event_malformed', 8],
        ['root_mismatch', 9],
      ],
    ],
    ...(
      [
        ['id', 'evt_other'],
        ['at', 1],
        ['type', 'keys.rotated'],
        ['requestId', 'req_other'],
      ] as const
    ).map(([column, value]): Tampered => [
      `the column ${column} of an event was changed`,
      (store) => {
        const [leaf] = store.leaves.slice(8);
        replace(store.events, 8, (event) => ({ ...event, [column]: value }));
        if (column === 'id' && leaf) replace(store.leaves, 8, () => ({ ...leaf, eventId: value }));
      },
      [['column_mismatch', 8]],
    ]),
    [
      'an event was deleted',
      (store) => {
        store.events.splice(3, 1);
      },
      [['event_missing', 3]],
    ],
    [
      'a leaf was deleted',
      (store) => {
        store.leaves.splice(5, 1);
        store.flipped.add('evt_5');
      },
      [
        ['log_truncated', 8],
        ['index_gap', 5],
        ['event_outside', null],
      ],
    ],
    [
      'the end was removed',
      (store) => {
        store.leaves.length = 8;
        store.events.length = 8;
      },
      [['log_truncated', 8]],
    ],
    [
      'the end was removed with its checkpoint, and the last seal speaks of it',
      (store) => {
        store.leaves.length = 8;
        store.events.length = 8;
        store.checkpoints.length = 2;
      },
      [['log_truncated', 8]],
    ],
    [
      'an event is outside the tree and does not wait: its mark was taken away',
      (store) => {
        store.events.push(eventOf('evt_late'));
        store.flipped.add('evt_late');
      },
      [['event_outside', null]],
    ],
    [
      'an event with a leaf waits for another',
      (store) => {
        store.flipped.add('evt_3');
      },
      [['event_waits_twice', 3]],
    ],
    [
      'an event of a request is left whose request is gone',
      (store) => {
        store.events.push(storedEvent({ id: 'evt_z', requestId: 'req_gone' }));
      },
      [
        ['request_missing', null],
        ['events_unsealed', null],
      ],
    ],
    [
      'a waiting event has a duplicate member',
      (store) => {
        const { body, ...event } = eventOf('evt_late');
        store.events.push({ ...event, body: `{"data":{},${body.slice(1)}` });
      },
      [
        ['event_malformed', null],
        ['events_unsealed', null],
      ],
    ],
    [
      'leaves were added without a signature',
      (store) => {
        store.checkpoints.length = 2;
      },
      [['leaves_unsigned', 8]],
    ],
    [
      'a signature was forged',
      (store) => {
        replace(store.checkpoints, 1, (row) => ({ ...row, jws: 'forged' }));
      },
      [['signature_invalid', 8]],
    ],
    [
      'a checkpoint was replaced by one of another size',
      (store) => {
        replace(store.checkpoints, 1, (row) => ({ ...row, jws: store.checkpoints[0]?.jws ?? '' }));
      },
      [['checkpoint_altered', 8]],
    ],
    [
      "a checkpoint's time was changed",
      (store) => {
        replace(store.checkpoints, 0, (row) => ({ ...row, at: 4_999 }));
      },
      [['checkpoint_altered', 4]],
    ],
    [
      'a checkpoint is of another log',
      (store) => {
        replace(store.checkpoints, 2, (row) => ({
          ...row,
          jws: row.jws.replace('tests/log', 'other/log'),
        }));
      },
      [['other_origin', 9]],
    ],
  ];
  test.each(tampered)('reports that %s', async (_what, tamper, wanted) => {
    const store = await sealedLog();
    tamper(store);
    expect((await check(store)).ok).toBe(false);
    expect(await codes(store)).toEqual(wanted);
  });

  test('a size and root kept elsewhere detect a completely rewritten log', async () => {
    const store = await sealedLog();
    const kept = store.checkpoints[1] && { ...store.checkpoints[1], from: 'a note' };
    if (!kept) throw new Error('no checkpoint');
    const other = await sealedLog(5);
    expect((await check(store, { known: [kept] })).ok).toBe(true);
    expect(await codes(other, { known: [kept] })).toEqual([['log_truncated', 5]]);
    const known = [{ ...kept, size: 5 }];
    expect(await codes(other, { known })).toEqual([['known_root_mismatch', 5]]);
  });

  test('names the duplicate member in words', async () => {
    const store = await sealedLog();
    replace(store.events, 8, rewritten('"data":', '"data":{"decision":"deny"},"data":'));
    const { problems } = await check(store);
    expect(problems[1]?.message).toBe(
      'the text of event evt_8 is no event: The key "data" stands twice.',
    );
  });

  test('counts all problems and lists a limited number', async () => {
    const store = await sealedLog();
    store.events.length = 0;
    const report = await check(store, { maxProblems: 2 });
    expect(report).toMatchObject({ ok: false, problemCount: 9 });
    expect(report.problems).toHaveLength(2);
  });

  test('verifies a growing log up to its size at the start', async () => {
    const store = await sealedLog(8);
    const readLeaves = store.readLeaves.bind(store);
    const grown = await sealedLog(9);
    const growing: MemoryLog = {
      ...store,
      treeSize: async () => 8,
      readLeaves: async (options) => {
        store.leaves = grown.leaves;
        store.checkpoints = grown.checkpoints;
        return readLeaves(options);
      },
    };
    expect(await check(growing)).toMatchObject({ ok: true, size: 8, checkpoints: 2 });
  });
});
