import { evidenceAge } from '../../../src/domain/request/evidence.ts';
import type { HeldNow } from '../../../src/domain/request/recheck.ts';
import type { AskedAbout, ClaimsRefresher } from '../../../src/usecases/ports/claims-refresher.ts';
import type { Job } from '../../../src/usecases/ports/job-store.ts';
import { principal, stage, workflow } from '../../support/builders.ts';
import { approve, ask, ben, eventsOf, openFixture, outcome, runJob } from './fixture.ts';
import type { Fixture } from './fixture.ts';

const cara = principal({ key: 'local|cara', roles: ['lead'] });

let fixture: Fixture;
let asked: string[];
let about: AskedAbout[];
beforeEach(async () => {
  asked = [];
  about = [];
  fixture = await openFixture();
  fixture.workflows = [
    workflow({
      recheckRoles: true,
      stages: [stage({ roles: ['approver', 'owner'] }), stage({ name: 'Lead', roles: ['lead'] })],
    }),
  ];
});
afterEach(() => fixture.close());

type Said = readonly string[] | HeldNow | undefined | Error;

/** The current roles of each person; people who are not named have unchanged roles. */
function says(now: Record<string, Said>): ClaimsRefresher {
  return {
    async heldNow(one) {
      const { key } = one.person;
      asked.push(key);
      about.push(one);
      const found: Said = Object.hasOwn(now, key)
        ? now[key]
        : { [ben.key]: ['approver'], [cara.key]: ['lead'] }[key];
      if (found instanceof Error) throw found;
      return found !== undefined && 'claims' in found
        ? found
        : found && { roles: found, claims: {} };
    },
  };
}

/** A request approved by Ben and Cara, and its leased job. */
async function approved() {
  const id = await ask(fixture);
  await approve(fixture, id, ben);
  await approve(fixture, id, cara);
  return { id, job: await next() };
}

async function next(): Promise<Job> {
  const [job] = await fixture.lease('execute');
  if (!job) throw new Error('no execute job');
  return job;
}

/** Runs a job with the current roles, and returns it as the relay does. */
async function tryIt(job: Job, refresher: ClaimsRefresher | undefined) {
  const deps = refresher === undefined ? fixture.deps : { ...fixture.deps, refresher };
  const result = await runJob(deps, job);
  const { key, fence } = job;
  if (typeof result === 'object' && 'error' in result) {
    const runAt = result.retryAtMs ?? fixture.deps.clock.now();
    await fixture.store.releaseJob({ key, fence, runAt, error: result.error });
  }
  if (typeof result === 'object' && 'notBefore' in result) {
    await fixture.store.releaseJob({ key, fence, runAt: result.notBefore, error: null });
  }
  const request = await fixture.store.loadRequest(job.about.id);
  if (!request) throw new Error('no request');
  return { result, request, executed: fixture.executed };
}

async function run(refresher: ClaimsRefresher | undefined) {
  const { id, job } = await approved();
  return { id, ...(await tryIt(job, refresher)) };
}

test('executes with unchanged roles, and records the recheck', async () => {
  const { request, executed, id } = await run(says({}));
  expect([request.state, executed]).toEqual(['applied', [id]]);
  expect(asked.sort()).toEqual([ben.key, cara.key]);
  const idOf = (key: string) => request.decisions.find(({ approver }) => approver.key === key)?.id;
  expect(request.recheck?.people).toHaveLength(2);
  expect(request.recheck?.people).toEqual(
    expect.arrayContaining([
      { decisionId: idOf(ben.key), key: ben.key, role: 'approver', found: 'held', seats: [0] },
      { decisionId: idOf(cara.key), key: cara.key, role: 'lead', found: 'held', seats: [0] },
    ]),
  );
  const [event] = await eventsOf(fixture, 'request.applying');
  expect(event?.data['recheck']).toEqual(request.recheck);
  expect(request.decisions.map((decision) => evidenceAge(request, decision))).toEqual([
    { asOf: request.recheck?.at, found: 'held', claim: null, stale: false },
    { asOf: request.recheck?.at, found: 'held', claim: null, stale: false },
  ]);
});

test('accepts another role of the same stage', async () => {
  expect((await run(says({ [ben.key]: ['owner'] }))).request.state).toBe('applied');
});

test.each([
  ['taken away', []],
  ["another stage's only", ['lead']],
])('stops the execution of a role that was %s, and sends nothing', async (_name, roles) => {
  const { request, executed, result } = await run(says({ [ben.key]: roles }));
  expect(executed).toEqual([]);
  expect(result).toBe('done');
  expect(request).toMatchObject({
    state: 'failed',
    outcome: {
      code: 'roles_withdrawn',
      params: { person: 'ben', role: 'approver', sent: false },
    },
  });
  const [event] = await eventsOf(fixture, 'request.failed');
  expect(event?.data['recheck']).toEqual(request.recheck);
  const his = request.decisions.find(({ approver }) => approver.key === ben.key);
  expect(his && evidenceAge(request, his)).toMatchObject({ found: 'lost', stale: true });
});

test('checks the last approver as well as the first', async () => {
  expect((await run(says({ [cara.key]: [] }))).request.outcome?.code).toBe('roles_withdrawn');
});

test.each([
  ['the roles cannot be determined', says({ [ben.key]: undefined })],
  ['no source of roles is configured', undefined],
])('does not execute where %s', async (_name, refresher) => {
  const { request, executed } = await run(refresher);
  expect(executed).toEqual([]);
  expect(request).toMatchObject({ state: 'failed', outcome: { code: 'roles_unconfirmed' } });
});

test('repeats a failing lookup for two minutes, then stops the execution', async () => {
  const failing = says({ [ben.key]: new Error('503') });
  let { job } = await approved();
  const rests: number[] = [];
  for (let looks = 0; looks < 10; looks += 1) {
    const { result, request } = await tryIt(job, failing);
    if (typeof result !== 'object' || !('notBefore' in result)) break;
    expect([request.state, fixture.executed]).toEqual(['approved', []]);
    rests.push(result.notBefore - fixture.deps.clock.now());
    fixture.pass(rests.at(-1) ?? 0);
    job = await next();
    // The executor was not called yet.
    expect(job.attempts).toBe(1);
  }
  expect(rests).toEqual([10_000, 10_000, 20_000, 40_000, 40_000]);
  expect(await fixture.store.loadRequest(job.about.id)).toMatchObject({
    state: 'failed',
    outcome: { code: 'roles_unconfirmed' },
  });
  expect(fixture.executed).toEqual([]);
  // Recorded at its beginning and end, not at each lookup.
  expect(await eventsOf(fixture, 'request.rechecked')).toHaveLength(1);
});

test('shows a failing lookup on the card, until a lookup succeeds', async () => {
  const { id, job } = await approved();
  const { request } = await tryIt(job, says({ [ben.key]: new Error('503') }));
  const since = request.recheck?.failingSince;
  expect(since).toBe(fixture.deps.clock.now());
  expect(request.decisions.map((one) => evidenceAge(request, one).found).sort()).toEqual([
    'held',
    'unknown',
  ]);
  expect((await fixture.lease('card')).map(({ about }) => about.id)).toContain(id);
  fixture.pass(10_000);
  const after = await tryIt(await next(), says({}));
  expect([after.request.state, after.executed]).toEqual(['applied', [id]]);
  expect(after.request.recheck).not.toHaveProperty('failingSince');
});

test('stops at once for a lost role, also when other lookups fail', async () => {
  const { request } = await run(says({ [ben.key]: new Error('503'), [cara.key]: [] }));
  expect(request.outcome?.code).toBe('roles_withdrawn');
});

describe('the claim of a stage', () => {
  const withDepartment = (value: string) => ({ claims: { department: value } });
  const owen = principal({ ...ben, key: 'local|owen', ...withDepartment('payments') });
  const has = (claims: HeldNow['claims']) =>
    says({
      [owen.key]: { roles: ['approver'], claims },
    });

  beforeEach(() => {
    fixture.workflows = [
      workflow({
        recheckRoles: true,
        stages: [stage({ where: { claim: 'department', equals: { value: 'payments' } } })],
      }),
    ];
  });

  async function runAs(refresher: ClaimsRefresher) {
    const id = await ask(fixture);
    await approve(fixture, id, owen);
    return tryIt(await next(), refresher);
  }

  test('is looked up, and executes when unchanged', async () => {
    const { request } = await runAs(has({ department: 'payments' }));
    expect(request.state).toBe('applied');
    expect(about).toMatchObject([
      {
        claims: ['department'],
        teams: { tenantId: owen.tenant, objectId: owen.objectId },
      },
    ]);
  });

  test.each([
    ['another', { department: 'sales' }, 'lost', 'claim_changed'],
    ['empty', { department: '' }, 'lost', 'claim_changed'],
    ['gone', { department: null }, 'lost', 'claim_changed'],
    ['not available', {}, 'unknown', 'roles_unconfirmed'],
  ])('%s: stops the execution, sends nothing and records why', async (...given) => {
    const [, claims, found, code] = given;
    const { request, executed } = await runAs(has(claims));
    expect(executed).toEqual([]);
    expect(request).toMatchObject({
      state: 'failed',
      outcome: { code, params: { claim: 'department', value: 'payments', sent: false } },
      recheck: { people: [{ key: owen.key, role: 'approver', found, claim: 'department' }] },
    });
    const [event] = await eventsOf(fixture, 'request.failed');
    expect(event?.data).toMatchObject({ outcome: { code }, recheck: request.recheck });
  });

  test('reports the role when role and claim are lost', async () => {
    const { request } = await runAs(says({ [owen.key]: { roles: [], claims: {} } }));
    expect(request.outcome?.code).toBe('roles_withdrawn');
    expect(request.recheck?.people[0]).not.toHaveProperty('claim');
  });
});

describe('a retry of an executor that may be called again', () => {
  beforeEach(() => {
    fixture.repeatable = true;
    fixture.says = async () => ({
      kind: 'retry',
      outcome: outcome('target_timeout'),
      retryAfterMs: 3_600_000,
    });
  });

  /** A first try whose answer was lost, and the job of the next try, an hour later. */
  async function triedOnce() {
    const { id, job } = await approved();
    expect((await tryIt(job, says({}))).request.state).toBe('applying');
    fixture.pass(3_600_000);
    fixture.says = async () => ({ kind: 'applied', outcome: outcome('applied') });
    return { id, job: await next() };
  }

  test('has its own recheck, which is recorded', async () => {
    const { id, job } = await triedOnce();
    const before = asked.length;
    const { request, executed } = await tryIt(job, says({}));
    expect([request.state, executed]).toEqual(['applied', [id, id]]);
    expect(asked).toHaveLength(before + 2);
    expect(request.recheck?.at).toBe(fixture.deps.clock.now());
    const [look] = await eventsOf(fixture, 'request.rechecked');
    expect(look?.data['recheck']).toEqual(request.recheck);
  });

  test('is not made after a role was removed, and ends as unknown, not as failed', async () => {
    const { id, job } = await triedOnce();
    const { request, executed } = await tryIt(job, says({ [ben.key]: [] }));
    expect(executed).toEqual([id]);
    expect(request).toMatchObject({
      state: 'unknown',
      outcome: {
        code: 'roles_withdrawn',
        params: { sent: true },
      },
    });
    const [event] = await eventsOf(fixture, 'request.unknown');
    expect(event?.data).toMatchObject({ recheck: request.recheck });
  });

  test('waits for a failing lookup, which uses up no try', async () => {
    const { id, job } = await triedOnce();
    const first = await tryIt(job, says({ [cara.key]: new Error('503') }));
    expect([first.request.state, first.executed]).toEqual(['applying', [id]]);
    fixture.pass(10_000);
    const again = await next();
    expect(again.attempts).toBe(job.attempts);
    expect((await tryIt(again, says({}))).request.state).toBe('applied');
  });
});

test('executes without a recheck where the workflow does not want one', async () => {
  fixture.workflows = [workflow({ stages: [stage(), stage({ name: 'Lead', roles: ['lead'] })] })];
  const { request } = await run(says({ [ben.key]: [] }));
  expect([request.state, asked, request.recheck]).toEqual(['applied', [], undefined]);
});

test('marks a role that was verified long before the decision', async () => {
  fixture.workflows = [workflow()];
  const id = await ask(fixture);
  const old = { ...ben, token: { ...ben.token, issuedAt: ben.token.issuedAt - 3_600_000 } };
  await approve(fixture, id, old);
  const request = await fixture.store.loadRequest(id);
  const [decision] = request?.decisions ?? [];
  expect(request && decision && evidenceAge(request, decision).stale).toBe(
    (decision?.at ?? 0) - old.token.issuedAt > 3_600_000,
  );
});
