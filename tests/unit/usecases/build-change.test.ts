import { timerChanges } from '../../../src/domain/request/timers.ts';
import { jobHandlers } from '../../../src/usecases/jobs/job-handlers.ts';
import { PRIORITY } from '../../../src/usecases/ports/job-store.ts';
import type { NewJob } from '../../../src/usecases/ports/job-store.ts';
import { approve, ask, openFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

let fixture: Fixture;
const written: NewJob[] = [];
const dropped: string[] = [];
beforeEach(async () => {
  written.length = 0;
  dropped.length = 0;
  fixture = await openFixture();
  fixture.commit = (change, real) => {
    written.push(...(change.jobs ?? []));
    dropped.push(...(change.dropJobs ?? []));
    return real();
  };
});
afterEach(() => fixture.close());

test("every job has the priority of its kind's lane", async () => {
  const id = await ask(fixture);
  await approve(fixture, id);
  const handlers = jobHandlers(fixture.deps);
  expect(new Set(written.map(({ kind }) => kind))).toEqual(new Set(['card', 'expire', 'execute']));
  for (const { kind, priority } of written) {
    expect(priority).toBe(PRIORITY[handlers[kind].lane]);
    expect(handlers[kind].kind).toBe(kind);
  }
});

test('the commit that ends the wait for a decision takes the expiry back', async () => {
  const id = await ask(fixture);
  expect(written).toContainEqual(
    expect.objectContaining({
      key: `expire:${id}`,
      when: 'replace',
      about: { type: 'request', id },
    }),
  );
  expect(dropped).toEqual([]);
  await approve(fixture, id);
  expect(dropped).toEqual([`expire:${id}`]);
  expect(await fixture.lease('expire')).toEqual([]);
});

test('a timer that comes too early is put off without an attempt', async () => {
  const id = await ask(fixture);
  const request = await fixture.store.loadRequest(id);
  const expiresAt = request?.expiresAt ?? 0;
  const [timer] = written.filter(({ kind }) => kind === 'expire');
  if (!timer) throw new Error('no timer');
  const early = { ...timer, kind: 'expire', fence: 1, attempts: 1 } as const;
  expect(
    await jobHandlers(fixture.deps).expire.run(early, {
      aside: () => undefined,
      signal: new AbortController().signal,
    }),
  ).toMatchObject({ notBefore: expiresAt });
});

test('a timer that moves is set at its new time, and one that is over is dropped', () => {
  const at = (ms: number) => ({ kind: 'expire', at: ms }) as const;
  expect(timerChanges([at(1)], [at(2)])).toEqual({ set: [at(2)], dropped: [] });
  expect(timerChanges([at(2)], [at(1)])).toEqual({ set: [at(1)], dropped: [] });
  expect(timerChanges([at(1)], [at(1)])).toEqual({ set: [], dropped: [] });
  expect(timerChanges([at(1)], [])).toEqual({ set: [], dropped: [at(1)] });
});
