/** Attacks on the refresh of a session (RFC 9700 4.14, OpenID Connect Core 12). */
import { heldBySession } from '../../src/identity/claims-refresher.ts';
import { identityError } from '../../src/identity/codes.ts';
import { openSession, encryptSession } from '../../src/identity/sessions/session-tokens.ts';
import { secretsOf, senderOf } from '../unit/identity/sign-in-world.ts';
import { codeOf } from '../unit/identity/kit.ts';
import { LIMITS, MINUTE, startSessionWorld } from '../unit/identity/session-world.ts';
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

// RFC 9700 4.14.2: if a refresh token is used twice, one user is a thief.
describe('refresh tokens', () => {
  test('16 concurrent clicks on one replica cause one refresh', async () => {
    await world.one.signInAs('amara');
    past();
    const clicks = await Promise.all(Array.from({ length: 16 }, () => world.one.click('amara')));
    expect(clicks.map((by) => by?.roles)).toEqual(Array.from({ length: 16 }, () => ['approver']));
    expect(world.wire.refreshes).toBe(1);
    expect(await world.row('amara')).toMatchObject({ generation: 2 });
  });

  test('16 concurrent clicks on two replicas cause one refresh', async () => {
    await world.one.signInAs('amara');
    past();
    const clicks = await Promise.all(
      Array.from({ length: 16 }, (_, at) => (at % 2 === 0 ? world.one : world.two).click('amara')),
    );
    expect(clicks.filter((by) => by === undefined)).toEqual([]);
    expect(world.wire.refreshes).toBe(1);
  });

  test('reuse by a replica that hung revokes the token family', async () => {
    await world.one.signInAs('amara');
    past();
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let first = true;
    world.wire.before = async () => {
      if (!first) return;
      first = false;
      await held;
    };
    const hanging = world.one.click('amara');
    for (let at = 0; at < 500 && world.wire.refreshes === 0; at += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    world.clock.advance(31_000);
    expect((await world.two.click('amara'))?.proof?.way).toBe('refresh');
    release();
    expect(await hanging).toBeUndefined();
    expect(await world.two.click('amara')).toBeUndefined();
    const events = (await world.events()).filter(({ type }) => type === 'session.ended');
    expect(events.map(({ data }) => [data['reason'], data['code']])).toEqual([
      ['refresh_refused', 'invalid_grant'],
    ]);
  });

  test('reuse that the provider accepts is detected by the generation', async () => {
    await world.one.signInAs('amara');
    past();
    world.wire.after = async () => {
      const row = await world.row('amara');
      if (row) await world.store.renewSession(row);
    };
    expect(await world.one.click('amara')).toBeUndefined();
    expect(await world.row('amara')).toBeUndefined();
    expect(await reasons()).toEqual(['refresh_reused']);
  });

  test('reuse of a stolen token revokes the family', async () => {
    await world.one.signInAs('amara');
    past();
    world.wire.instead = async () => Response.json({ error: 'invalid_grant' }, { status: 400 });
    expect(await world.one.click('amara')).toBeUndefined();
    world.wire.instead = null;
    expect(await world.one.click('amara')).toBeUndefined();
    expect(await reasons()).toEqual(['refresh_refused']);
  });

  test('rotate at each use', async () => {
    const sent: unknown[] = [];
    world.wire.body = (body) => {
      sent.push(body['refresh_token']);
      return body;
    };
    await world.one.signInAs('amara');
    for (let at = 0; at < 3; at += 1) {
      past();
      expect(await world.one.click('amara')).toBeDefined();
    }
    expect(new Set(sent).size).toBe(3);
  });

  test('are not readable in the database', async () => {
    const { token } = await world.one.signInAs('amara');
    const row = JSON.stringify(await world.row('amara'));
    expect(row).toContain('"encrypted":"eyJ');
    expect(row).not.toContain('approver');
    expect(row).not.toContain(token.digest);
  });
});

describe('a provider that does not answer', () => {
  const unavailable: [string, () => Promise<Response>][] = [
    ['down', () => Promise.reject(new Error('ECONNREFUSED'))],
    ['503', async () => new Response('no', { status: 503 })],
    ['not JSON', async () => new Response('<html>')],
    [
      'does not know our client secret',
      async () => Response.json({ error: 'invalid_client' }, { status: 401 }),
    ],
  ];
  test.each(unavailable)('%s: refuses with a message and keeps the session', async (_name, say) => {
    await world.one.signInAs('amara');
    past();
    world.wire.instead = say;
    expect(await codeOf(world.one.click('amara'))).toBe('session_refresh_unavailable');
    world.wire.instead = null;
    expect((await world.two.click('amara'))?.proof?.way).toBe('refresh');
    expect(await reasons()).toEqual([]);
  });
});

test('a role recheck before execution does not extend the idle time', async () => {
  await world.one.signInAs('amara');
  const before = await world.row('amara');
  world.clock.advance(LIMITS.idleMs - MINUTE);
  const sender = senderOf('amara');
  const asked = (key = before?.principal ?? '') =>
    heldBySession(world.one.sessions).heldNow({
      // As for a linked identity that has no Teams ids.
      person: {
        key,
        kind: 'person',
        provider: 'local',
        subject: 's',
        tenant: null,
        objectId: null,
        name: 'Amara',
      },
      teams: { tenantId: sender.tenantId, objectId: sender.objectId },
      claims: [],
    });
  expect(await asked()).toEqual({ roles: ['approver'], claims: { department: 'Payments' } });
  expect(await asked('another|key')).toBeUndefined();
  expect((await world.row('amara'))?.usedAt).toBe(before?.usedAt);
  world.clock.advance(2 * MINUTE);
  expect(await world.one.click('amara')).toBeUndefined();
});

test('an unavailable group lookup: refuses with a message and keeps the session', async () => {
  let down = true;
  const replica = await world.replica(world.store, {
    judge: (real) => ({
      ...real,
      verify: (token, purpose) =>
        down && purpose.kind === 'refresh'
          ? Promise.reject(identityError('groups_unavailable'))
          : real.verify(token, purpose),
    }),
  });
  await replica.signInAs('amara');
  past();
  expect(await codeOf(replica.click('amara'))).toBe('session_refresh_unavailable');
  expect(await codeOf(replica.click('amara'))).toBe('session_refresh_unavailable');
  down = false;
  expect((await replica.click('amara'))?.proof?.way).toBe('refresh');
  expect(await reasons()).toEqual([]);
});

// OpenID Connect Core 12.2
describe('the refreshed ID token', () => {
  type Twist = (claims: Record<string, unknown>) => Record<string, unknown>;
  const rows: [string, Twist][] = [
    ['another subject', (claims) => ({ ...claims, sub: 'other' })],
    ['another person', (claims) => ({ ...claims, oid: senderOf('kenji').objectId })],
    ['another tenant', (claims) => ({ ...claims, tid: '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0' })],
    ['another nonce', (claims) => ({ ...claims, nonce: 'other' })],
    ['another audience', (claims) => ({ ...claims, aud: 'other' })],
    ['another azp', (claims) => ({ ...claims, azp: 'other' })],
    ['an application', (claims) => ({ ...claims, idtyp: 'app' })],
    ['malformed roles', (claims) => ({ ...claims, roles: [['approver']] })],
    ['an expiry in the past', (claims) => ({ ...claims, exp: 1 })],
  ];
  test.each(rows)('%s: refuses and ends the session', async (_name, twist) => {
    await world.one.signInAs('amara');
    past();
    world.wire.twist = twist;
    expect(
      await codeOf(
        world.one.click('amara').then((by) => {
          if (by === undefined) throw Object.assign(new Error('none'), { code: 'no session' });
        }),
      ),
    ).toMatch(/^(no session|session_refresh_unavailable)$/);
    world.wire.twist = null;
    expect(await world.one.click('amara')).toBeUndefined();
    expect(await world.row('amara')).toBeUndefined();
  });

  test('ends the session when there is none', async () => {
    await world.one.signInAs('amara');
    past();
    world.wire.body = ({ id_token: _dropped, ...rest }) => rest;
    expect(await world.one.click('amara')).toBeUndefined();
    expect(await reasons()).toEqual(['refresh_refused']);
  });

  test('accepts one without a nonce (optional)', async () => {
    await world.one.signInAs('amara');
    past();
    world.wire.twist = ({ nonce: _dropped, ...rest }) => rest;
    expect(await world.one.click('amara')).toBeDefined();
  });

  test('keeps the first authentication time over a later one', async () => {
    const { token } = await world.one.signInAs('amara');
    past();
    const now = Math.floor(world.clock.now() / 1_000);
    world.wire.twist = (claims) => ({ ...claims, auth_time: now });
    const by = await world.one.click('amara');
    expect(by?.token.authTime ?? 0).toBeLessThanOrEqual((token.authTime ?? Infinity) + 1_000);
    expect(by?.token.authTime ?? 0).toBeLessThan(world.clock.now() - LIMITS.maxClaimAgeMs);
  });

  test('cannot add an authentication time that the sign-in lacked', async () => {
    const row = await (async () => {
      await world.one.signInAs('amara');
      return world.row('amara');
    })();
    if (row === undefined) throw new Error('no session');
    const secrets = { ...secretsOf(world.one.keys), encryptionKey: () => row.encryptedWith };
    const content = await openSession(secrets, row);
    if (content === undefined) throw new Error('a session that cannot be opened');
    const { principal } = content;
    const silent = { ...principal, token: { ...principal.token, authTime: null } };
    const encrypted = await encryptSession(secrets, row, { ...content, principal: silent });
    await world.store.reencryptSession({ id: row.id, generation: row.generation, ...encrypted });
    past();
    expect((await world.one.click('amara'))?.token.authTime).toBeNull();
  });

  test('with claims that are stale again is refused with a sentence, once', async () => {
    await world.one.signInAs('amara');
    past();
    const old = Math.floor(world.clock.now() / 1_000) - 11 * 60;
    world.wire.twist = (claims) => ({ ...claims, iat: old });
    expect(await codeOf(world.one.click('amara'))).toBe('session_claims_stale');
    expect(world.wire.refreshes).toBe(1);
  });
});

// Last in the file: an unknown key is looked up at most once in five minutes.
test('unavailable keys: keeps the new refresh token, does not use the old claims', async () => {
  const own = await startSessionWorld();
  try {
    await own.one.signInAs('amara');
    own.clock.advance(LIMITS.maxClaimAgeMs + MINUTE);
    await own.provider.rotateKeys({ drop: true });
    own.wire.deaf = true;
    expect(await codeOf(own.one.click('amara'))).toBe('session_refresh_unavailable');
    expect(await own.row('amara')).toMatchObject({ generation: 2 });
    own.wire.deaf = false;
    own.clock.advance(6 * MINUTE);
    expect((await own.one.click('amara'))?.proof?.way).toBe('refresh');
    expect(await own.row('amara')).toMatchObject({ generation: 3 });
    expect((await own.events()).map(({ type }) => type)).toEqual(['session.started']);
  } finally {
    await own.stop();
  }
});

// Claims that are still young enough would pass as just fetched.
test('a waiting replica does not take kept old claims for new ones', async () => {
  const own = await startSessionWorld();
  try {
    await own.one.signInAs('amara');
    await own.provider.rotateKeys({ drop: true });
    own.wire.deaf = true;
    let waiting: Promise<string> | undefined;
    own.wire.before = async () => {
      waiting ??= codeOf(own.two.click('amara', { renew: true }));
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    expect(await codeOf(own.one.click('amara', { renew: true }))).toBe(
      'session_refresh_unavailable',
    );
    expect(await waiting).toBe('session_refresh_unavailable');
    expect(own.wire.refreshes).toBe(1);
  } finally {
    await own.stop();
  }
});
