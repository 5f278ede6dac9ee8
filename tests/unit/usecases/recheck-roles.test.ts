import { evidenceAge } from '../../../src/domain/evidence.ts';
import type { PrincipalRef } from '../../../src/domain/principal.ts';
import type { ClaimsRefresher } from '../../../src/usecases/ports.ts';
import { runJob } from '../../../src/usecases/run-job.ts';
import { principal, stage, workflow } from '../../support/builders.ts';
import { approve, ask, ben, eventsOf, openHouse } from './house.ts';
import type { House } from './house.ts';

const cara = principal({ key: 'local|cara', roles: ['lead'] });

let house: House;
let asked: string[];
beforeEach(async () => {
  asked = [];
  house = await openHouse();
  house.workflows = [workflow({
    recheckRoles: true,
    stages: [stage({ roles: ['approver', 'owner'] }), stage({ name: 'Lead', roles: ['lead'] })],
  })];
});
afterEach(() => house.close());

/** What each person's provider says now; a person it does not name has what they had. */
function says(now: Record<string, readonly string[] | undefined | Error>): ClaimsRefresher {
  return {
    async rolesNow({ key }: PrincipalRef) {
      asked.push(key);
      const found = Object.hasOwn(now, key) ? now[key] : { [ben.key]: ['approver'],
        [cara.key]: ['lead'] }[key];
      if (found instanceof Error) throw found;
      return found;
    },
  };
}

/** A request that Ben and Cara approved, run with what the provider says now. */
async function run(refresher: ClaimsRefresher | undefined, attempts = 1) {
  const id = await ask(house);
  await approve(house, id, ben);
  await approve(house, id, cara);
  const [job] = await house.claim('execute');
  if (!job) throw new Error('no execute job');
  const deps = refresher === undefined ? house.deps : { ...house.deps, refresher };
  const result = await runJob(deps, { ...job, attempts });
  const request = await house.store.loadRequest(id);
  if (!request) throw new Error('no request');
  return { id, result, request, executed: house.executed };
}

test('everybody still has the role: it runs, and the look is on record', async () => {
  const { request, executed, id } = await run(says({}));
  expect([request.state, executed]).toEqual(['applied', [id]]);
  expect(asked.sort()).toEqual([ben.key, cara.key]);
  const idOf = (key: string) =>
    request.decisions.find(({ approver }) => approver.key === key)?.id;
  expect(request.recheck?.people).toHaveLength(2);
  expect(request.recheck?.people).toEqual(expect.arrayContaining([
    { decisionId: idOf(ben.key), key: ben.key, role: 'approver', found: 'held' },
    { decisionId: idOf(cara.key), key: cara.key, role: 'lead', found: 'held' },
  ]));
  const [event] = await eventsOf(house, 'request.applying');
  expect(event?.data['recheck']).toEqual(request.recheck);
  expect(request.decisions.map((decision) => evidenceAge(request, decision))).toEqual([
    { asOf: request.recheck?.at, found: 'held', stale: false },
    { asOf: request.recheck?.at, found: 'held', stale: false },
  ]);
});

test('another role of the same stage is as good', async () => {
  expect((await run(says({ [ben.key]: ['owner'] }))).request.state).toBe('applied');
});

test.each([
  ['taken away', []], ['another stage\'s only', ['lead']],
])('a role that was %s stops it, and nothing is sent', async (_name, roles) => {
  const { request, executed, result } = await run(says({ [ben.key]: roles }));
  expect(executed).toEqual([]);
  expect(result).toEqual({ done: 0 });
  expect(request).toMatchObject({ state: 'failed', outcome: {
    code: 'roles_withdrawn', message: expect.stringContaining('ben approved it as approver'),
  } });
  const [event] = await eventsOf(house, 'request.failed');
  expect(event?.data['recheck']).toEqual(request.recheck);
  const his = request.decisions.find(({ approver }) => approver.key === ben.key);
  expect(his && evidenceAge(request, his)).toMatchObject({ found: 'lost', stale: true });
});

test('the last approver counts as much as the first', async () => {
  expect((await run(says({ [cara.key]: [] }))).request.outcome?.code).toBe('roles_withdrawn');
});

test.each([
  ['nobody can tell', says({ [ben.key]: undefined })], ['nobody is asked at all', undefined],
])('where %s it does not run', async (_name, refresher) => {
  const { request, executed } = await run(refresher);
  expect(executed).toEqual([]);
  expect(request).toMatchObject({ state: 'failed', outcome: { code: 'roles_unconfirmed' } });
});

test('a look-up that fails is repeated a few times, then stops it', async () => {
  const failing = says({ [ben.key]: new Error('503') });
  const first = await run(failing);
  expect(first.result).toMatchObject({ retryAtMs: expect.any(Number) });
  expect([first.request.state, first.executed]).toEqual(['approved', []]);
  const last = await run(failing, 5);
  expect(last.request).toMatchObject({ state: 'failed', outcome: { code: 'roles_unconfirmed' } });
  expect(last.executed).toEqual([]);
});

test('a lost role is not waited for, whatever else fails', async () => {
  const { request } = await run(says({ [ben.key]: new Error('503'), [cara.key]: [] }));
  expect(request.outcome?.code).toBe('roles_withdrawn');
});

test('a workflow that does not ask for it runs without a look', async () => {
  house.workflows = [workflow({ stages: [stage(), stage({ name: 'Lead', roles: ['lead'] })] })];
  const { request } = await run(says({ [ben.key]: [] }));
  expect([request.state, asked, request.recheck]).toEqual(['applied', [], undefined]);
});

test('a role vouched for long before the decision is shown as such', async () => {
  house.workflows = [workflow()];
  const id = await ask(house);
  const old = { ...ben, token: { ...ben.token, issuedAt: ben.token.issuedAt - 3_600_000 } };
  await approve(house, id, old);
  const request = await house.store.loadRequest(id);
  const [decision] = request?.decisions ?? [];
  expect(request && decision && evidenceAge(request, decision).stale)
    .toBe((decision?.at ?? 0) - old.token.issuedAt > 3_600_000);
});
