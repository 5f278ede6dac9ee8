import { StoreError } from '../../../src/store/errors.ts';
import type { Change } from '../../../src/usecases/ports/store.ts';
import { answerLost, approve, ask, openHouse, outcome, runJob } from './house.ts';
import type { House } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

/** An approved request whose execute job was claimed. */
async function claimed(leaseMs = 60_000) {
  const id = await ask(house);
  await approve(house, id);
  const [job] = await house.lease('execute', leaseMs);
  if (!job) throw new Error('no execute job');
  return { id, job };
}

const stateOf = async (id: string) => (await house.store.loadRequest(id))?.state;
const isStep = (change: Change, state: string) => change.request?.state === state;

test('cut off, and the executor is another one now: nothing is sent, a person looks', async () => {
  house.repeatable = true;
  house.says = async () => ({
    kind: 'retry',
    outcome: outcome('target_timeout'),
    retryAfterMs: null,
  });
  const { id, job } = await claimed();
  await runJob(house.deps, job);
  expect(await stateOf(id)).toBe('applying');
  house.configHash = 'another target';
  expect(await runJob(house.deps, { ...job, attempts: 2 })).toEqual({ done: 0 });
  expect(house.executed).toEqual([id]);
  expect(await house.store.loadRequest(id)).toMatchObject({
    state: 'unknown',
    outcome: { code: 'executor_changed' },
  });
});

test('what was approved does not queue behind cards that have waited for longer', async () => {
  const at = house.deps.clock.now();
  await house.store.commit({
    id: 'chg_cards',
    at,
    jobs: Array.from({ length: 5 }, (_, n) => ({
      key: `card:${n}`,
      kind: 'card',
      requestId: 'r',
      subject: `${n}`,
      runAt: at - 1,
      wanted: 1,
    })),
  });
  const id = await ask(house);
  await approve(house, id);
  const now = house.deps.clock.now();
  expect(await house.store.leaseJobs({ limit: 1, leaseMs: 1, now })).toMatchObject([
    { kind: 'execute', requestId: id },
  ]);
});

test('two had the job: the second leaves it in place while the first applies', async () => {
  const { id, job } = await claimed(1_000);
  house.pass(1_000);
  const [again] = await house.lease('execute');
  if (!again) throw new Error('the lease has run out');
  // The first begins between the second's look and its commit.
  let once = true;
  house.commit = async (change, real) => {
    if (once && isStep(change, 'applying')) {
      once = false;
      house.says = () => new Promise(() => undefined);
      void runJob(house.deps, job);
      for (let look = 0; (await stateOf(id)) !== 'applying' && look < 500; look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    return real();
  };
  expect(await runJob(house.deps, again)).toMatchObject({ retryAtMs: null });
  expect(house.executed).toEqual([id]);
  expect(await stateOf(id)).toBe('applying');
});

test('the answer to the commit before sending is lost: sent once, and applied', async () => {
  const { id, job } = await claimed();
  let lose = true;
  house.commit = async (change, real) => {
    const result = await real();
    if (!lose || !isStep(change, 'applying')) return result;
    lose = false;
    throw answerLost();
  };
  await runJob(house.deps, job);
  expect(house.executed).toEqual([id]);
  expect(await stateOf(id)).toBe('applied');
});

test('what the target said outlives a store that is full for a moment', async () => {
  const { id, job } = await claimed();
  let full = 2;
  house.commit = async (change, real) => {
    if (!isStep(change, 'applied') || full === 0) return real();
    full -= 1;
    throw new StoreError('store_full', 'The disk is full.');
  };
  await runJob(house.deps, job);
  expect(full).toBe(0);
  expect(house.executed).toEqual([id]);
  expect(await stateOf(id)).toBe('applied');
});

test('a fault that will not pass is thrown at once', async () => {
  const { job } = await claimed();
  let tries = 0;
  house.commit = async (change, real) => {
    if (!isStep(change, 'applied')) return real();
    tries += 1;
    throw new StoreError('store_corrupt', 'The file is damaged.');
  };
  await expect(runJob(house.deps, job)).rejects.toMatchObject({ code: 'store_corrupt' });
  expect(tries).toBe(1);
});
