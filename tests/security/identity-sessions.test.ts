/** Attacks on sessions, which carry a sign-in over later clicks (ASVS 5 V7, OIDC Core). */
import { senderOf } from '../unit/identity/sign-in-world.ts';
import { codeOf } from '../unit/identity/kit.ts';
import { HOUR, LIMITS, MINUTE, startSessionWorld } from '../unit/identity/session-world.ts';
import type { SessionWorld } from '../unit/identity/session-world.ts';
import { recorded } from '../support/events.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await startSessionWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  world.reset();
  const ended = recorded({ type: 'session.ended' });
  await world.store.endSessions({ which: { kind: 'all' }, recorded: ended });
  await world.events();
});

const reasons = async () =>
  (await world.events())
    .filter(({ type }) => type === 'session.ended')
    .map(({ data }) => data['reason']);
const past = (ms = LIMITS.maxClaimAgeMs) => world.clock.advance(ms + MINUTE);

describe('an active session', () => {
  test('is accepted without a sign-in on every replica, and named as the proof', async () => {
    const signedIn = await world.one.signInAs('amara');
    expect(signedIn.proof).toMatchObject({ way: 'sign-in' });
    const sessionId = signedIn.proof?.sessionId;
    for (const replica of [world.one, world.two]) {
      const by = await replica.click('amara');
      expect(by).toMatchObject({
        key: signedIn.key,
        roles: ['approver'],
        proof: { way: 'session', sessionId },
      });
    }
    expect(world.wire.refreshes).toBe(0);
    expect((await world.events()).map(({ type, actor }) => [type, actor])).toEqual([
      ['session.started', signedIn.key],
    ]);
  });

  test('fetches claims past their age again: removed roles are gone', async () => {
    await world.one.signInAs('amara');
    past();
    const roles = ['approver', 'security-lead'];
    world.provider.setRoles('amara', roles);
    try {
      const by = await world.one.click('amara');
      expect(by).toMatchObject({ roles, proof: { way: 'refresh', verifiedAt: world.clock.now() } });
      world.provider.setRoles('amara', []);
      expect((await world.two.click('amara'))?.roles).toEqual(roles);
      past();
      expect((await world.two.click('amara'))?.roles).toEqual([]);
    } finally {
      world.provider.setRoles('amara', ['approver']);
    }
    expect(world.wire.refreshes).toBe(2);
  });

  test('is fresh up to exactly its maximum age', async () => {
    const { token } = await world.one.signInAs('amara');
    world.clock.set(token.issuedAt + LIMITS.maxClaimAgeMs);
    expect((await world.one.click('amara'))?.proof?.way).toBe('session');
    world.clock.advance(1);
    expect((await world.one.click('amara'))?.proof?.way).toBe('refresh');
  });
});

describe('a tampered row', () => {
  const swapped = async (change: object) => {
    const row = await world.row('amara');
    if (!row) throw new Error('amara has no session');
    await world.store.startSession({ ...row, ...change }, recorded({ type: 'session.started' }));
  };

  test('the session of another person: their content does not open for anybody else', async () => {
    await world.one.signInAs('amara');
    const { tenantId, objectId } = senderOf('mia');
    await swapped({ id: 'ses_stolen', tenantId, objectId });
    expect(await world.one.click('mia')).toBeUndefined();
    expect(await reasons()).toEqual(['unreadable']);
    expect(await world.one.click('amara')).toBeDefined();
  });

  test.each([
    ['another id', { id: 'ses_other' }],
    ['an earlier start, to last longer', { createdAt: 1 }],
    ['another generation with the old content', { generation: 7 }],
    ['content of no person', { encrypted: 'eyJhbGciOiJkaXIifQ....' }],
  ])('%s', async (_name, change) => {
    await world.one.signInAs('amara');
    await swapped(change);
    if ('createdAt' in change) world.clock.set(2);
    expect(await world.one.click('amara')).toBeUndefined();
    expect(await reasons()).toEqual(['unreadable']);
  });

  test('fixation: an older session does not become part of the new one', async () => {
    await world.one.signInAs('amara');
    const planted = await world.row('amara');
    await world.two.signInAs('amara');
    const row = await world.row('amara');
    expect(row?.id).not.toBe(planted?.id);
    expect(row?.generation).toBe(1);
    expect(await world.one.click('amara')).toMatchObject({ proof: { sessionId: row?.id } });
  });
});

describe('limits', () => {
  test('ends after the idle time without a click; a click extends it', async () => {
    await world.one.signInAs('amara');
    for (let at = 0; at < 3; at += 1) {
      world.clock.advance(LIMITS.idleMs - 1_000);
      expect(await world.one.click('amara')).toBeDefined();
    }
    world.clock.advance(LIMITS.idleMs);
    expect(await world.one.click('amara')).toBeUndefined();
  });

  test('ends at the absolute limit, however often it is used', async () => {
    await world.one.signInAs('amara');
    const start = world.clock.now();
    for (let at = HOUR; at < LIMITS.absoluteMs; at += HOUR) {
      world.clock.set(start + at);
      expect(await world.one.click('amara')).toBeDefined();
    }
    world.clock.set(start + LIMITS.absoluteMs - 1);
    expect(await world.one.click('amara')).toBeDefined();
    world.clock.set(start + LIMITS.absoluteMs);
    expect(await world.one.click('amara')).toBeUndefined();
  });

  test('without sliding, the idle time counts from the sign-in', async () => {
    const fixed = await world.replica(world.store, { limits: { ...LIMITS, sliding: false } });
    await fixed.signInAs('amara');
    world.clock.advance(LIMITS.idleMs - 1_000);
    expect(await fixed.click('amara')).toBeDefined();
    world.clock.advance(1_000);
    expect(await fixed.click('amara')).toBeUndefined();
  });

  test('shortened limits apply to existing sessions', async () => {
    await world.one.signInAs('amara');
    const strict = await world.replica(world.store, { limits: { ...LIMITS, idleMs: MINUTE } });
    world.clock.advance(MINUTE);
    expect(await strict.click('amara')).toBeUndefined();
  });

  test('without a refresh token, lasts as long as its claims are fresh', async () => {
    const { signIn } = world.config.teams;
    if (signIn === null) throw new Error('no sign-in');
    const teams = { ...world.config.teams, signIn: { ...signIn, scopes: ['openid'] } };
    const plain = await world.replica(world.store, { config: { ...world.config, teams } });
    await plain.signInAs('amara');
    expect(await plain.click('amara')).toBeDefined();
    past();
    expect(await plain.click('amara')).toBeUndefined();
    expect(world.wire.refreshes).toBe(0);
  });
});

describe('ending a session', () => {
  test('by an administrator takes effect at the next click on every replica', async () => {
    await world.one.signInAs('amara');
    expect(await world.two.click('amara')).toBeDefined();
    const ended = recorded({ type: 'session.ended', data: { reason: 'revoked' } });
    await world.store.endSessions({ which: { kind: 'all' }, recorded: ended });
    expect(await world.one.click('amara')).toBeUndefined();
    expect(await world.two.click('amara')).toBeUndefined();
  });

  test('during a refresh is not undone by the refresh', async () => {
    await world.one.signInAs('amara');
    past();
    world.wire.after = async () => void (await world.two.sessions.signOut(senderOf('amara')));
    expect(await world.one.click('amara')).toBeUndefined();
    expect(await world.row('amara')).toBeUndefined();
    expect(await reasons()).toEqual(['signed_out']);
  });

  test('by signing out revokes the refresh token at the provider', async () => {
    let refreshToken = '';
    world.wire.body = (body) => {
      refreshToken = String(body['refresh_token']);
      return body;
    };
    await world.one.signInAs('amara');
    past();
    await world.one.click('amara');
    await world.one.sessions.signOut(senderOf('amara'));
    const { clientId, clientSecret } = world.provider.signInClient;
    const answer = await fetch(world.provider.tokenEndpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    });
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
  });

  test("by signing out affects one's own only, and records who did it", async () => {
    const { key } = await world.one.signInAs('amara');
    await world.one.signInAs('kenji');
    expect(await world.two.sessions.signOut(senderOf('amara'))).toBe(true);
    expect(await world.two.sessions.signOut(senderOf('amara'))).toBe(false);
    expect(await world.one.click('amara')).toBeUndefined();
    expect(await world.one.click('kenji')).toBeDefined();
    const ended = (await world.events()).filter(({ type }) => type === 'session.ended');
    expect(ended.map(({ actor, data }) => [actor, data['reason']])).toEqual([[key, 'signed_out']]);
  });
});

describe('a Teams person by a link only', () => {
  const { tenantId: tenant, objectId } = senderOf('amara');
  const me = { issuer: 'local', tenant, objectId };
  /** A replica with these links, whose provider gives no Teams ids. */
  const blind = (links: NonNullable<typeof world.config.identity.links>) => {
    const { identity } = world.config;
    const issuers = identity.issuers.map((issuer) => ({ ...issuer, teams: null }));
    return world.replica(world.store, {
      config: { ...world.config, identity: { ...identity, issuers, links } },
    });
  };

  test('ends when an administrator removes the link', async () => {
    const { subject } = await world.one.signInAs('amara');
    const mine = { issuer: 'local', subject };
    const linked = await blind([[me, mine]]);
    const { key } = await linked.signInAs('amara');
    expect(key).toBe(`local|${subject}`);
    expect(await linked.click('amara')).toMatchObject({ key });
    const stranger = { issuer: 'local', subject: 'another' };
    await world.events();
    expect(await (await blind([[me, stranger]])).click('amara')).toBeUndefined();
    expect(await reasons()).toEqual(['unlinked']);
    expect(await linked.click('amara')).toBeUndefined();
  });

  test('a new link enforces separation of duties in an existing session', async () => {
    const { subject } = await world.one.signInAs('amara');
    const mine = { issuer: 'local', subject };
    await (await blind([[me, mine]])).signInAs('amara');
    const other = { issuer: 'local', subject: 'the-other-account' };
    const by = await (await blind([[me, mine, other]])).click('amara');
    expect(by?.linkedIdentities).toContain('local|the-other-account');
  });
});

describe('key rotation', () => {
  test('the old key still decrypts; a used session is encrypted with the new key, on other replicas too', async () => {
    await world.one.signInAs('amara');
    const before = (await world.row('amara'))?.encryptedWith;
    const key = await world.one.keys.rotate('stored-secrets', world.store);
    expect(key).not.toBe(before);
    expect(await world.one.click('amara')).toBeDefined();
    expect(await world.row('amara')).toMatchObject({ encryptedWith: key, generation: 1 });
    // The other replica learns of the new key from the text encrypted with it.
    expect(await world.two.click('amara')).toBeDefined();
    expect(world.two.keys.encryptionKey('stored-secrets')).toBe(key);
    const late = await world.replica(world.store);
    expect(await late.click('amara')).toBeDefined();
  });

  test('housekeeping re-encrypts the other sessions, and a refresh still works', async () => {
    await world.one.signInAs('amara');
    await world.one.signInAs('kenji');
    const key = await world.one.keys.rotate('stored-secrets', world.store);
    expect(await world.one.sessions.reencrypt(1)).toBe(1);
    expect(await world.one.sessions.reencrypt(10)).toBe(1);
    expect(await world.one.sessions.reencrypt(10)).toBe(0);
    expect((await world.row('kenji'))?.encryptedWith).toBe(key);
    past();
    expect((await world.two.click('kenji'))?.proof?.way).toBe('refresh');
  });

  test('a sign-in parked before the rotation can be redeemed', async () => {
    const { code } = await (await world.one.toCallback('amara')).finish();
    await world.two.keys.rotate('stored-secrets', world.store);
    const target = { requestId: 'req_1', revision: 1 };
    expect(
      await codeOf(world.one.signIn.redeem({ code, sender: senderOf('amara'), ...target })),
    ).toBe('accepted');
  });
});

describe('step-up', () => {
  const stepUp = (given: { acr?: string[]; amr?: string[]; maxAgeMs?: number }) => ({
    stepUp: { acr: null, amr: null, maxAgeMs: null, ...given },
  });

  test('the link asks for what the stage requires, and gets it', async () => {
    const { redirectTo, finish } = await world.one.toCallback(
      'amara',
      'amara',
      stepUp({ acr: ['c1', 'c2'], maxAgeMs: 5 * MINUTE }),
    );
    expect(Object.fromEntries(redirectTo.searchParams)).toMatchObject({
      acr_values: 'c1 c2',
      max_age: '300',
    });
    const { code } = await finish();
    const target = { requestId: 'req_1', revision: 1 };
    const by = await world.one.signIn.redeem({ code, sender: senderOf('amara'), ...target });
    expect(by.token).toMatchObject({ acr: 'c1', amr: ['pwd', 'mfa'] });
    expect(by.token.authTime).not.toBeNull();
  });

  test.each([
    ['another context', { acr: ['c9'] }],
    ['a method that was not used', { amr: ['hwk'] }],
  ])('%s: refuses at the page with a message', async (_name, demand) => {
    const { finish } = await world.one.toCallback('amara', 'amara', stepUp(demand));
    expect(await codeOf(finish())).toBe('sign_in_step_up_unmet');
  });

  test('a refresh does not renew the authentication time', async () => {
    await world.one.signInAs('amara');
    past();
    const by = await world.one.click('amara', { renew: true });
    expect(world.clock.now() - (by?.token.authTime ?? 0)).toBeGreaterThan(LIMITS.maxClaimAgeMs);
  });
});

test('signing in as another person is refused and recorded', async () => {
  const { finish } = await world.one.toCallback('amara', 'kenji');
  expect(await codeOf(finish())).toBe('sign_in_wrong_person');
  const { tenantId, objectId } = senderOf('amara');
  expect(world.one.mismatches.at(-1)).toEqual({
    person: { tenantId, objectId },
    requestId: 'req_1',
    code: 'sign_in_wrong_person',
    signedInAs: `local|${tenantId}|${senderOf('kenji').objectId}`,
  });
  expect(await world.row('amara')).toBeUndefined();
});
