import { StoreError } from '../../../src/usecases/ports/store-error.ts';
import type { Change } from '../../../src/usecases/ports/request-store.ts';
import { answerLost, approve, ask, openFixture, outcome, runJob } from './fixture.ts';
import type { Fixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

/** An approved request and its leased execute job. */
async function approvedJob(leaseMs = 60_000) {
  const id = await ask(fixture);
  await approve(fixture, id);
  const [job] = await fixture.lease('execute', leaseMs);
  if (!job) throw new Error('no execute job');
  return { id, job };
}

const stateOf = async (id: string) => (await fixture.store.loadRequest(id))?.state;
const isStep = (change: Change, state: string) => change.request?.state === state;

test('ends as unknown without a second call when the executor changed after an interrupted try', async () => {
  fixture.repeatable = true;
  fixture.says = async () => ({
    kind: 'retry',
    outcome: outcome('target_timeout'),
    retryAfterMs: null,
  });
  const { id, job } = await approvedJob();
  await runJob(fixture.deps, job);
  expect(await stateOf(id)).toBe('applying');
  fixture.configHash = 'another target';
  expect(await runJob(fixture.deps, { ...job, attempts: 2 })).toBe('done');
  expect(fixture.executed).toEqual([id]);
  expect(await fixture.store.loadRequest(id)).toMatchObject({
    state: 'unknown',
    outcome: { code: 'executor_changed' },
  });
});

test('an execution does not wait behind older card jobs', async () => {
  const at = fixture.deps.clock.now();
  await fixture.store.commit({
    id: 'chg_cards',
    at,
    jobs: Array.from({ length: 5 }, (_, n) => ({
      key: `card:${n}`,
      kind: 'card',
      about: { type: 'request', id: 'r' },
      runAt: at - 1,
      when: 'earliest',
      priority: 1,
    })),
  });
  const id = await ask(fixture);
  await approve(fixture, id);
  const now = fixture.deps.clock.now();
  expect(await fixture.store.leaseJobs({ limit: 1, leaseMs: 1, now })).toMatchObject([
    { kind: 'execute', about: { type: 'request', id } },
  ]);
});

test('the second holder of a job returns it while the first applies the request', async () => {
  const { id, job } = await approvedJob(1_000);
  fixture.pass(1_000);
  const [again] = await fixture.lease('execute');
  if (!again) throw new Error('the lease has run out');
  // The first begins between the second's load and its commit.
  let once = true;
  fixture.commit = async (change, real) => {
    if (once && isStep(change, 'applying')) {
      once = false;
      fixture.says = () => new Promise(() => undefined);
      void runJob(fixture.deps, job);
      for (let look = 0; (await stateOf(id)) !== 'applying' && look < 500; look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    return real();
  };
  expect(await runJob(fixture.deps, again)).toMatchObject({ retryAtMs: null });
  expect(fixture.executed).toEqual([id]);
  expect(await stateOf(id)).toBe('applying');
});

test('sends once and applies when the answer to the commit before sending is lost', async () => {
  const { id, job } = await approvedJob();
  let lose = true;
  fixture.commit = async (change, real) => {
    const result = await real();
    if (!lose || !isStep(change, 'applying')) return result;
    lose = false;
    throw answerLost();
  };
  await runJob(fixture.deps, job);
  expect(fixture.executed).toEqual([id]);
  expect(await stateOf(id)).toBe('applied');
});

test('stores the outcome after a transient full store', async () => {
  const { id, job } = await approvedJob();
  let full = 2;
  fixture.commit = async (change, real) => {
    if (!isStep(change, 'applied') || full === 0) return real();
    full -= 1;
    throw new StoreError('store_full', 'The disk is full.');
  };
  await runJob(fixture.deps, job);
  expect(full).toBe(0);
  expect(fixture.executed).toEqual([id]);
  expect(await stateOf(id)).toBe('applied');
});

test('throws a permanent fault at once', async () => {
  const { job } = await approvedJob();
  let tries = 0;
  fixture.commit = async (change, real) => {
    if (!isStep(change, 'applied')) return real();
    tries += 1;
    throw new StoreError('store_corrupt', 'The file is damaged.');
  };
  await expect(runJob(fixture.deps, job)).rejects.toMatchObject({ code: 'store_corrupt' });
  expect(tries).toBe(1);
});
