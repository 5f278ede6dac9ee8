import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { openAuditLog } from '../../src/store/open-audit-log.ts';
import { shippedMigrations } from '../../src/store/sqlserver/migrate.ts';
import { openSqlServerStore } from '../../src/store/sqlserver/store.ts';
import type { SqlServerStoreOptions } from '../../src/store/sqlserver/store.ts';
import type { Store } from '../../src/usecases/ports/store.ts';
import { change, event } from './build.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { startTdsDouble } from './support/tds-double.ts';
import type { Answer, TdsDouble } from './support/tds-double.ts';

/** The answers of a healthy database: our schema, a write check, successful commits. */
function healthy(statement: string): Answer {
  if (statement.includes('sys.tables')) return { rows: [{ tables: 18, ours: 1 }] };
  if (statement.includes('dbo.schema_migrations')) {
    const known = shippedMigrations().map(({ version, name, checksum }) => ({
      version,
      name,
      checksum,
    }));
    return { rows: known };
  }
  if (statement.includes('checked_at')) return { rows: [{ value: 1 }] };
  if (statement.includes('INSERT INTO dbo.changes')) return { rows: [outcome('committed')] };
  if (statement.includes('COUNT_BIG(due_at)'))
    return { rows: [{ waiting: 3, dead: 1, undeliverable: 0 }] };
  return { rows: [] };
}

const outcome = (value: string, more: Record<string, string | number | null> = {}) => ({
  outcome: value,
  ofKind: null,
  requestId: null,
  fingerprint: null,
  attempt: null,
  number: 7,
  ...more,
});

const isCommit = (statement: string) => statement.includes('INSERT INTO dbo.changes');

describe('faults of a SQL Server store, at the wire', () => {
  const stops: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  async function double(script: Parameters<typeof startTdsDouble>[0]): Promise<TdsDouble> {
    const started = await startTdsDouble(script);
    stops.push(() => started.stop());
    return started;
  }
  async function open(
    connectionString: string,
    more: Partial<SqlServerStoreOptions> = {},
  ): Promise<Store> {
    const store = await openSqlServerStore({
      connectionString,
      clock: systemClock,
      log: silentLogger,
      allowUntrusted: true,
      connectTimeoutMs: 600,
      requestTimeoutMs: 600,
      maxWaitMs: 600,
      ...more,
    });
    stops.push(() => store.close());
    return store;
  }
  const refused = (connectionString: string, more: Partial<SqlServerStoreOptions> = {}) =>
    open(connectionString, more).then(
      () => 'opened',
      (error: unknown) => error,
    );
  const noted = () => change({ events: [event(null)] });

  /** Answers the statements of a kind in this order, and repeats the last answer. */
  const inTurn = (which: (statement: string) => boolean, ...answers: Answer[]) => {
    let at = 0;
    return (statement: string): Answer => {
      if (!which(statement)) return healthy(statement);
      const answer = answers[Math.min(at, answers.length - 1)] ?? 'silence';
      at += 1;
      return answer;
    };
  };

  test('opens, queries and closes a healthy server', async () => {
    const { connectionString, asked } = await double({ answer: healthy });
    const store = await open(connectionString);
    expect(await store.countJobs()).toEqual({ waiting: 3, dead: 1, undeliverable: 0 });
    const before = asked.length;
    expect(await store.commit(noted())).toEqual({ status: 'committed', number: 7 });
    expect(asked.slice(before).filter((text) => !text.includes('set '))).toHaveLength(1);
  });

  test.each([
    [18456, 'store_unavailable', 'user and password'],
    [4060, 'store_unavailable', 'Database'],
    [40613, 'store_unavailable', 'failing over'],
    [10928, 'store_busy', 'service tier'],
  ])('reports a login failure %i as %s', async (error, code, words) => {
    const { connectionString } = await double({ answer: healthy, login: () => ({ error }) });
    const failure = await refused(connectionString);
    expect(failure).toMatchObject({ name: 'StoreError', code });
    expect(String(failure)).toContain(words);
    expect(String(failure)).toContain('/double');
  });

  test.each([
    [3906, 'store_readonly', 'primary'],
    [229, 'store_unavailable', 'grants.sql'],
    [262, 'store_unavailable', 'countersign migrate'],
    [1105, 'store_full', 'free space'],
    [9002, 'store_full', 'free space'],
    [824, 'store_corrupt', 'CHECKDB'],
    [208, 'schema_changed', 'countersign migrate'],
    [547, 'store_rejected', 'nothing was written'],
  ])('reports error %i at the start as %s', async (error, code, words) => {
    const { connectionString } = await double({
      answer: inTurn((text) => text.includes('checked_at'), { error }),
    });
    const failure = await refused(connectionString);
    expect(failure).toMatchObject({ code });
    expect(String(failure)).toContain(words);
  });

  test('rejects a schema newer than the program', async () => {
    const newer = { version: 9001, name: '9001-later.sql', checksum: 'x' };
    const { connectionString } = await double({
      answer: inTurn((text) => text.includes('dbo.schema_migrations'), { rows: [newer] }),
    });
    const failure = await refused(connectionString);
    expect(failure).toMatchObject({ code: 'schema_newer', retryable: false });
    expect(String(failure)).toContain('9001-later.sql');
  });

  test('rejects the database of another program, and writes nothing', async () => {
    const { connectionString, asked } = await double({
      answer: inTurn((text) => text.includes('sys.tables'), { rows: [{ tables: 5, ours: 0 }] }),
    });
    expect(await refused(connectionString)).toMatchObject({ code: 'schema_changed' });
    expect(asked.some((text) => text.includes('sp_getapplock'))).toBe(false);
  });

  test('reports in time a closed port, a black hole and a server that never answers', async () => {
    const { connectionString, stop } = await double({ answer: healthy });
    await stop();
    stops.pop();
    expect(await refused(connectionString)).toMatchObject({ code: 'store_unavailable' });
    const silent = await double({ answer: () => 'silence', login: () => 'silence' });
    const proxy = await startTcpProxy({ port: silent.port });
    stops.push(() => proxy.stop());
    proxy.become('swallow');
    for (const port of [proxy.port, silent.port]) {
      const failure = await refused(silent.connectionString.replace(`${silent.port}`, `${port}`));
      expect(failure).toMatchObject({ code: 'store_unavailable' });
    }
  });

  test('reports a connection that breaks during the login', async () => {
    const { connectionString } = await double({ answer: healthy, login: () => 'cut' });
    expect(await refused(connectionString)).toMatchObject({ code: 'store_unavailable' });
  });

  test.each([1205, 1222, 40501, 40197])('repeats a commit after error %i', async (error) => {
    const { connectionString, asked } = await double({
      answer: inTurn(isCommit, { error }, { error }, { rows: [outcome('committed')] }),
    });
    const store = await open(connectionString, { maxWaitMs: 5_000 });
    expect(await store.commit(noted())).toEqual({ status: 'committed', number: 7 });
    const sent = asked.filter(isCommit);
    expect(sent).toHaveLength(3);
    expect(new Set(sent).size).toBe(1);
  });

  test('reports a deadlock that outlasts the retries', async () => {
    const { connectionString } = await double({ answer: inTurn(isCommit, { error: 1205 }) });
    const store = await open(connectionString);
    await expect(store.commit(noted())).rejects.toMatchObject({
      code: 'store_busy',
      retryable: true,
    });
  });

  test.each(['cut', 'reset', 'silence'] as const)(
    'a commit whose answer is lost (%s) is recognised by its attempt',
    async (fault) => {
      let sent = 0;
      const { connectionString } = await double({
        answer(statement) {
          if (!isCommit(statement)) return healthy(statement);
          sent += 1;
          if (sent === 1) return fault;
          // The server has the change already, and answers which attempt committed it.
          const attempt =
            /[A-Za-z0-9_-]{24}(?=[^A-Za-z0-9_-])/.exec(
              statement.slice(statement.lastIndexOf('@attempt')),
            )?.[0] ?? '';
          return { rows: [outcome('change', { ofKind: 'change', attempt })] };
        },
      });
      const store = await open(connectionString, { maxWaitMs: 4_000 });
      expect(await store.commit(noted())).toEqual({ status: 'committed', number: 7 });
      expect(sent).toBe(2);
    },
  );

  test('a change that another attempt committed is a duplicate', async () => {
    const { connectionString } = await double({
      answer: inTurn(isCommit, {
        rows: [outcome('change', { ofKind: 'change', attempt: 'another', requestId: 'req_1' })],
      }),
    });
    const store = await open(connectionString);
    expect(await store.commit(noted())).toEqual({
      status: 'duplicate',
      of: 'change',
      requestId: 'req_1',
      fingerprint: null,
    });
  });

  test('repeats commits that collide at one row, and reports a violated constraint', async () => {
    const first = await double({
      answer: inTurn(isCommit, { rows: [outcome('race')] }, { rows: [outcome('committed')] }),
    });
    const store = await open(first.connectionString);
    expect((await store.commit(noted())).status).toBe('committed');
    const second = await double({ answer: inTurn(isCommit, { rows: [outcome('race')] }) });
    const other = await open(second.connectionString);
    await expect(other.commit(noted())).rejects.toMatchObject({ code: 'store_rejected' });
  });

  test.each([
    [5, 'taken', 6],
    [6, 'store_rejected', 6],
  ])('a lease whose key others take %i times ends as %s', async (races, ends, sent) => {
    const takes = (text: string) => text.includes('INSERT INTO dbo.leases');
    const free = { changed: 1, holder: '', until: 0, note: null };
    const { connectionString, asked } = await double({
      answer: inTurn(takes, ...Array.from({ length: races }, () => ({ error: 2627 })), {
        rows: [free],
      }),
    });
    const store = await open(connectionString);
    const taken = store.takeLease({ name: 'n', holder: 'h', leaseMs: 1, now: 1 });
    expect(
      await taken.then(
        () => 'taken',
        (error: { code: string }) => error.code,
      ),
    ).toBe(ends);
    expect(asked.filter(takes)).toHaveLength(sent);
  });

  test('does not repeat a statement that may have run and must not run twice', async () => {
    const leases = (text: string) => text.includes('UPDATE dbo.jobs');
    const { connectionString, asked } = await double({
      answer: inTurn(leases, 'cut', { rows: [] }),
    });
    const store = await open(connectionString);
    await expect(store.leaseJobs({ limit: 1, leaseMs: 1, now: 1 })).rejects.toMatchObject({
      code: 'store_unavailable',
      retryable: true,
    });
    expect(asked.filter(leases)).toHaveLength(1);
  });

  test('works again after an outage without a restart', async () => {
    const server = await double({ answer: healthy });
    const proxy = await startTcpProxy({ port: server.port });
    stops.push(() => proxy.stop());
    const store = await open(server.connectionString.replace(`${server.port}`, `${proxy.port}`));
    proxy.become('refuse');
    proxy.reset();
    await expect(store.countJobs()).rejects.toMatchObject({ code: 'store_unavailable' });
    proxy.become('pass');
    expect(await store.countJobs()).toEqual({ waiting: 3, dead: 1, undeliverable: 0 });
  });

  test('half-open and frozen connections fail in time, and are dropped', async () => {
    const server = await double({ answer: healthy });
    const proxy = await startTcpProxy({ port: server.port });
    stops.push(() => proxy.stop());
    const store = await open(server.connectionString.replace(`${server.port}`, `${proxy.port}`));
    for (const mode of ['deaf', 'swallow'] as const) {
      proxy.become(mode);
      await expect(store.countJobs()).rejects.toMatchObject({ code: 'store_unavailable' });
      proxy.become('pass');
      // On a slow machine the pool may still wait for a connection opened during the outage.
      const once = () => store.countJobs().catch((error: { code: string }) => error.code);
      let answer = await once();
      for (let tries = 0; answer === 'store_busy' && tries < 5; tries += 1) answer = await once();
      expect(answer).toEqual({ waiting: 3, dead: 1, undeliverable: 0 });
    }
  });

  test('rejects calls at once when the pool and its queue are full', async () => {
    const { connectionString } = await double({
      answer: inTurn((text) => text.includes('COUNT_BIG(due_at)'), 'silence'),
    });
    const store = await open(connectionString, { queueLimit: 2 });
    const results = await Promise.allSettled(Array.from({ length: 14 }, () => store.countJobs()));
    const codes = results.map((result) =>
      result.status === 'rejected' ? (result.reason as { code: string }).code : 'done',
    );
    expect(codes.slice(12)).toEqual(['store_busy', 'store_busy']);
  });

  test('accesses rows that replicas share in one order', async () => {
    const { connectionString, asked } = await double({ answer: healthy });
    const store = await open(connectionString);
    const jobs = ['job-b', 'job-a'].map((key) => ({ key, fence: 1 }));
    await store.renewJobs({ jobs, leaseMs: 1, now: 1 });
    expect(asked.at(-1)?.match(/job-[ab]/g)).toEqual(['job-a', 'job-b']);
  });

  test('repeats the end of a lease whose answer was lost', async () => {
    let lost = 2;
    const cut = new Set<string>();
    const { connectionString } = await double({
      answer(statement) {
        const [ends] = /DELETE FROM dbo.jobs|attempts - 1/.exec(statement) ?? [];
        if (ends === undefined || isCommit(statement)) return healthy(statement);
        if (cut.has(ends)) return { rows: [{ changed: 1 }] };
        cut.add(ends);
        lost -= 1;
        return 'cut';
      },
    });
    const store = await open(connectionString);
    const held = { key: 'job', fence: 1 };
    expect([
      await store.ackJob(held),
      await store.releaseJob({ ...held, runAt: 1, error: 'why' }),
      await store.releaseJob({ ...held, runAt: 1, error: null }),
      lost,
    ]).toEqual([true, true, true, 0]);
  });

  test('opening the audit log for reading writes nothing', async () => {
    const { connectionString, asked } = await double({
      answer: (statement) =>
        /INSERT|UPDATE|CREATE/.test(statement) ? { error: 229 } : { rows: [] },
    });
    const log = await openAuditLog(
      { kind: 'sqlserver', connectionString },
      { log: silentLogger, allowUntrusted: true },
    );
    expect(await log.lastCheckpoint()).toBeUndefined();
    await log.close();
    expect(asked.filter((text) => /INSERT|UPDATE|CREATE/.test(text))).toEqual([]);
  });
});
