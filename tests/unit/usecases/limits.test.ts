import { LIMITS_OF_TESTS } from '../../support/builders.ts';
import { principal, workflow } from '../../support/builders.ts';
import type { Principal } from '../../../src/domain/people/principal.ts';
import { createApp } from '../../../src/usecases/app.ts';
import type { App } from '../../../src/usecases/app.ts';
import { eventsOf, mia, openFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

const anna = principal({ key: 'local|anna', roles: ['developer'] });
const bob = principal({ key: 'other|bob', provider: 'other', roles: ['developer'] });

/** The use cases under limits of a test. */
function limited(over: Partial<typeof LIMITS_OF_TESTS>): App {
  return createApp({ ...fixture.deps, limits: { ...LIMITS_OF_TESTS, ...over } });
}

async function ask(app: App, by: Principal): Promise<string> {
  const result = await app.submitRequest({
    workflow: 'deploy-production',
    by,
    fields: { service: 'checkout' },
    reason: null,
    idempotencyKey: null,
    teams: null,
  });
  return result.kind === 'refused' ? result.refusal.code : result.kind;
}

describe('submissions', () => {
  test('of one principal are limited, and open again with time', async () => {
    const app = limited({ submissions: { principal: 2, issuer: 100 } });
    expect([await ask(app, mia), await ask(app, mia), await ask(app, mia)]).toEqual([
      'submitted',
      'submitted',
      'rate_limited',
    ]);
    expect(await ask(app, anna)).toBe('submitted');
    fixture.pass(30_000);
    expect([await ask(app, mia), await ask(app, mia)]).toEqual(['submitted', 'rate_limited']);
  });

  test('of one issuer are limited for all its principals, and not for those of another', async () => {
    const app = limited({ submissions: { principal: 100, issuer: 2 } });
    expect([await ask(app, mia), await ask(app, anna), await ask(app, mia)]).toEqual([
      'submitted',
      'submitted',
      'rate_limited',
    ]);
    expect(await ask(app, bob)).toBe('submitted');
  });

  test('a refusal says of whom the limit is and when to come again, and is no event', async () => {
    const app = limited({ submissions: { principal: 1, issuer: 100 } });
    await ask(app, mia);
    const result = await app.submitRequest({
      workflow: 'deploy-production',
      by: mia,
      fields: { service: 'checkout' },
      reason: null,
      idempotencyKey: null,
      teams: null,
    });
    expect(result).toMatchObject({
      kind: 'refused',
      refusal: { params: { limit: 'submissions', of: 'principal', retryAfterMs: 60_000 } },
    });
    expect(await eventsOf(fixture, 'submission.refused')).toEqual([]);
  });

  test('a clock that was set back blocks nobody', async () => {
    const app = limited({ submissions: { principal: 1, issuer: 100 } });
    await ask(app, mia);
    fixture.pass(-3_600_000);
    expect(await ask(app, mia)).toBe('submitted');
  });
});

test('lists are limited for each principal and issuer', () => {
  const app = limited({ lists: { principal: 2, issuer: 3 } });
  const lists = (by: Principal) => app.admitList(by).ok;
  expect([lists(mia), lists(mia), lists(mia)]).toEqual([true, true, false]);
  expect([lists(anna), lists(anna), lists(bob)]).toEqual([true, false, true]);
});

describe('waits', () => {
  const request = { id: 'req_1', requester: mia };

  test('of one request by its wait token are limited, and free again when one ends', () => {
    const app = limited({ waits: { request: 2, principal: 10, issuer: 10 } });
    const wait = () => app.admitWait({ request });
    const [first, second] = [wait(), wait()];
    expect([first.ok, second.ok, wait().ok]).toEqual([true, true, false]);
    if (first.ok) first.leave();
    if (first.ok) first.leave();
    expect([wait().ok, wait().ok]).toEqual([true, false]);
    expect(app.admitWait({ request: { ...request, id: 'req_2' } }).ok).toBe(true);
  });

  test('of one principal are limited, by wait tokens and its own token alike', () => {
    const app = limited({ waits: { request: 10, principal: 2, issuer: 10 } });
    expect(app.admitWait({ request }).ok).toBe(true);
    expect(app.admitWait({ by: mia }).ok).toBe(true);
    expect(app.admitWait({ by: mia })).toMatchObject({
      refusal: { code: 'rate_limited', params: { limit: 'waits', of: 'principal' } },
    });
    expect(app.admitWait({ by: anna }).ok).toBe(true);
  });

  test('of one issuer are limited', () => {
    const app = limited({ waits: { request: 10, principal: 10, issuer: 2 } });
    expect([mia, anna, mia, bob].map((by) => app.admitWait({ by }).ok)).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });
});

describe('recorded refusals', () => {
  const repository = (id: string): Principal =>
    principal({
      key: `github|${id}`,
      provider: 'github',
      kind: 'workload',
      tenant: null,
      objectId: null,
      claims: { repository_id: id },
    });
  beforeEach(() => {
    const workloads = [{ issuer: 'github', claims: { repository_id: '1' } }];
    fixture.workflows = [workflow({ request: { roles: ['developer'], workloads } })];
  });

  test('of workloads that no rule names are counted, and are no events', async () => {
    const app = limited({});
    for (let id = 100; id < 110; id += 1) {
      expect(await ask(app, repository(String(id)))).toBe('requester_not_allowed');
    }
    expect(await eventsOf(fixture, 'submission.refused')).toEqual([]);
    expect(app.unrecorded()).toEqual({ strangers: 10, limited: 0 });
  });

  test('of somebody without a directory and a role of any workflow are counted too', async () => {
    const app = limited({});
    const stranger = { provider: 'google', tenant: null, objectId: null, roles: [] };
    expect(await ask(app, principal({ key: 'google|eve', ...stranger }))).toBe(
      'requester_not_allowed',
    );
    expect(app.unrecorded().strangers).toBe(1);
  });

  test('of a workload that a rule names, and of people of the directory, are events', async () => {
    const app = limited({});
    const named = { ...repository('1'), rerun: true as const };
    expect(await ask(app, named)).toBe('rerun_unproven');
    expect(await ask(app, principal({ key: 'local|olu' }))).toBe('requester_not_allowed');
    expect(await eventsOf(fixture, 'submission.refused')).toHaveLength(2);
  });

  test('are limited for each principal and issuer, and the others are counted', async () => {
    const app = limited({ refusals: { principal: 2, issuer: 3 } });
    const [olu, rafael] = ['olu', 'rafael'].map((name) => principal({ key: `local|${name}` }));
    for (const by of [olu, olu, olu, rafael, rafael]) if (by) await ask(app, by);
    expect(await eventsOf(fixture, 'submission.refused')).toHaveLength(3);
    expect(app.unrecorded()).toEqual({ strangers: 0, limited: 2 });
  });

  test.each(['administrator', 'auditor'])(
    'of an %s without a directory are events, and no stranger uses up the lists of one',
    async (role) => {
      const administration = {
        issuers: ['google'],
        roles: ['administrator'],
        auditorRoles: ['auditor'],
      };
      const limits = { ...LIMITS_OF_TESTS, lists: { principal: 10, issuer: 1 } };
      const app = createApp({ ...fixture.deps, administration, limits });
      const google = { provider: 'google', tenant: null, objectId: null };
      const by = principal({ key: 'google|ana', ...google, roles: [role] });
      expect(await ask(app, by)).toBe('requester_not_allowed');
      expect(await eventsOf(fixture, 'submission.refused')).toHaveLength(1);
      const eve = principal({ key: 'google|eve', ...google, roles: [] });
      expect([app.admitList(eve).ok, app.admitList(eve).ok]).toEqual([true, false]);
      expect(app.admitList(by).ok).toBe(true);
    },
  );

  test('strangers do not use up the submissions of their issuer', async () => {
    const app = limited({ submissions: { principal: 10, issuer: 2 } });
    for (let id = 100; id < 105; id += 1) await ask(app, repository(String(id)));
    expect(await ask(app, repository('100'))).toBe('rate_limited');
    expect(await ask(app, repository('1'))).toBe('submitted');
  });
});
