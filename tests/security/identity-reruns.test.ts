/**
 * Re-runs of GitHub Actions. Sources: GitHub, "OpenID Connect reference" (`run_attempt`), "Re-running
 * workflows and jobs" (`actor` stays who started the first attempt).
 */
import type { Principal } from '../../src/domain/people/principal.ts';
import { resolveIssuers } from '../../src/config/resolve-issuers.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import {
  API,
  configOf,
  log,
  newKey,
  sign,
  startKeyServer,
  turnableClock,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';
import { eventsOf, openFixture } from '../unit/usecases/fixture.ts';
import type { Fixture } from '../unit/usecases/fixture.ts';
import { workflow } from '../support/builders.ts';

const clock = turnableClock();
let github: KeyServer;
let key: TestKey;
let fixture: Fixture;

beforeAll(async () => {
  key = await newKey('k1');
  github = await startKeyServer();
  github.state.keys = [key.publicJwk];
});
afterAll(() => github.stop());
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

const rules = { roles: [], workloads: [{ issuer: 'github', claims: { repository_id: '2' } }] };
let serial = 0;

/** A run of the workflow, proven as the service proves it, with the presets of `kind: github`. */
async function run(over: Claims = {}): Promise<Principal> {
  const bot = configOf([]).teams;
  const input = {
    identity: {
      issuers: [
        {
          kind: 'github',
          id: 'github',
          audience: [API],
          algorithms: ['RS256'],
          clockTolerance: 30_000,
          issuer: github.state.issuer,
        },
      ],
    },
    teams: { cloud: 'public' },
  } as unknown as ConfigInput;
  const identity = createIdentity({
    config: configOf(resolveIssuers(input, bot, '/')),
    clock,
    log,
  });
  const now = Math.floor(clock.now() / 1_000);
  return identity.verifyBearer(
    await sign(key, {
      iss: github.state.issuer,
      aud: API,
      sub: 'repo:contoso/checkout:ref:refs/heads/main',
      repository: 'contoso/checkout',
      repository_id: '2',
      repository_owner_id: '1',
      actor_id: '583231',
      run_id: '77',
      run_attempt: '1',
      jti: `run-${(serial += 1)}`,
      iat: now,
      exp: now + 600,
      ...over,
    }),
  );
}

async function ask(by: Principal) {
  const result = await fixture.app.submitRequest({
    workflow: 'deploy-production',
    by,
    fields: { service: 'checkout' },
    reason: null,
    idempotencyKey: null,
    teams: null,
  });
  return result.kind === 'refused' ? result.refusal.code : result.request;
}

test('the first attempt of a run asks', async () => {
  fixture.workflows = [workflow({ request: rules })];
  for (const run_attempt of ['1', 1]) {
    expect(await ask(await run({ run_attempt }))).toMatchObject({ state: 'pending' });
  }
});

test.each([
  ['a second attempt', '2'],
  ['a second attempt as a number', 2],
  ['attempt 10', '10'],
  ['no attempt', undefined],
  ['an attempt of null', null],
  ['an attempt that is a list', ['1']],
  ['an attempt with a blank', ' 1'],
  ['attempt 0', '0'],
])('%s does not ask, and the try is recorded', async (_name, run_attempt) => {
  fixture.workflows = [workflow({ request: rules })];
  expect(await ask(await run({ run_attempt }))).toBe('rerun_unproven');
  const [event] = await eventsOf(fixture, 'submission.refused');
  expect(event?.data).toMatchObject({ code: 'rerun_unproven' });
});

test('a re-run that no rule names is told so, and nothing of re-runs', async () => {
  fixture.workflows = [workflow({ request: rules })];
  expect(await ask(await run({ repository_id: '3', run_attempt: '2' }))).toBe(
    'requester_not_allowed',
  );
});

test('a re-run reads and cancels what the first attempt asked', async () => {
  fixture.workflows = [workflow({ request: rules })];
  const asked = await ask(await run());
  if (typeof asked === 'string') throw new Error(asked);
  const by = await run({ run_attempt: '2' });
  expect((await fixture.app.readRequest({ id: asked.id, by }))?.id).toBe(asked.id);
  expect((await fixture.app.listRequests({ by, limit: 10 })).requests).toHaveLength(1);
  const cancelled = await fixture.app.cancelRequest({ id: asked.id, by });
  expect(cancelled).toMatchObject({ request: { state: 'cancelled' } });
});

test('with request.reruns a re-run asks, and the request says that it is one', async () => {
  fixture.workflows = [workflow({ request: { ...rules, reruns: true } })];
  expect(await ask(await run({ run_attempt: '3' }))).toMatchObject({ requester: { rerun: true } });
  const first = await ask(await run());
  expect(first).not.toMatchObject({ requester: { rerun: true } });
  const events = await eventsOf(fixture, 'request.submitted');
  expect(events.map(({ data }) => data['requesterRerun'])).toEqual([true, undefined]);
});
