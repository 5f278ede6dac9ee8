/** Attacks on the sign-in button: links, browsers, callbacks, ID tokens, codes. */
import { decodeJwt } from 'jose';
import type { Config } from '../../src/config/config.ts';
import { createSignIn } from '../../src/identity/sign-in/sign-in.ts';
import { createVerifier } from '../../src/identity/tokens/verify-token.ts';
import { createKeys } from '../../src/keys/keys.ts';
import { sha256 } from '../../src/lib/hash.ts';
import { systemIds } from '../../src/lib/ids.ts';
import { codeOf, log } from '../unit/identity/kit.ts';
import {
  cookieOf,
  secretsOf,
  senderOf,
  startSignInWorld,
  stateOf,
} from '../unit/identity/sign-in-world.ts';
import type { SignInWorld } from '../unit/identity/sign-in-world.ts';
import { callbackAttacks, cookieAttacks, idTokenAttacks } from './attacks/sign-in-attacks.ts';

let world: SignInWorld;
beforeAll(async () => {
  world = await startSignInWorld();
});
afterAll(() => world.stop());
beforeEach(() => {
  world.clock.set(Date.now());
  world.wire.tamper = null;
});

const amara = senderOf('amara');
const MINUTE = 60_000;
const target = { requestId: 'req_1', revision: 1 };

/** A sign-in up to the callback. */
async function atCallback(linkOf = 'amara', signsInAs = linkOf) {
  const { redirectTo, setCookie } = await world.signIn.begin({ link: await world.linkFor(linkOf) });
  const back = new URL(await world.signInAt(redirectTo, signsInAs));
  const finish = (over: { cookie?: string | undefined; query?: URLSearchParams } = {}) =>
    codeOf(
      world.signIn.finish({
        query: over.query ?? back.searchParams,
        cookie: 'cookie' in over ? over.cookie : cookieOf(setCookie),
      }),
    );
  return { back, finish, redirectTo, cookie: cookieOf(setCookie) };
}

test('a complete sign-in returns the principal once', async () => {
  const code = await world.codeFor('amara');
  expect(code).toMatch(/^\d{8}$/);
  const principal = await world.signIn.redeem({ code, sender: amara, ...target });
  expect(principal).toMatchObject({
    key: `local|${amara.tenantId}|${amara.objectId}`,
    kind: 'person',
    roles: ['approver'],
    claims: { department: 'Payments' },
    token: { audience: 'countersign', acr: 'pwd' },
  });
  expect(await codeOf(world.signIn.redeem({ code, sender: amara, ...target }))).toBe(
    'sign_in_code_invalid',
  );
});

describe('a provider without Teams ids', () => {
  /** The same provider without Teams ids, with links. */
  const blind = (links: Config['identity']['links'] & object) => {
    const { identity } = world.config;
    const config: Config = {
      ...world.config,
      identity: {
        ...identity,
        links,
        issuers: identity.issuers.map((issuer) => ({ ...issuer, teams: null })),
      },
    };
    const parts = { config, clock: world.clock, log };
    return createSignIn({
      ...parts,
      ids: systemIds,
      store: world.store,
      verifier: createVerifier(parts),
      secrets: secretsOf(world.keys),
    });
  };
  const comeBack = async (signIn: ReturnType<typeof blind>) => {
    if (signIn === null) throw new Error('expected no sign-in');
    const link = new URL(await signIn.createLink({ sender: amara, ...target }));
    const secret = link.searchParams.get('link') ?? '';
    const { redirectTo, setCookie } = await signIn.begin({ link: secret });
    const back = new URL(await world.signInAt(redirectTo, 'kenji'));
    const finished = signIn.finish({ query: back.searchParams, cookie: cookieOf(setCookie) });
    return finished.then(async ({ code }) => signIn.redeem({ code, sender: amara, ...target }));
  };
  const subjectOf = async (person: string) => {
    const code = await world.codeFor(person);
    const by = await world.signIn.redeem({ code, sender: senderOf(person), ...target });
    return by.subject;
  };

  test('is refused unless an administrator linked that identity', async () => {
    const { tenantId: tenant, objectId } = amara;
    const me = { issuer: 'local', tenant, objectId };
    expect(await codeOf(comeBack(blind([])))).toBe('sign_in_wrong_person');
    expect(await codeOf(comeBack(blind([[me, { issuer: 'local', subject: 'another' }]])))).toBe(
      'sign_in_wrong_person',
    );
    const subject = await subjectOf('kenji');
    const other = { ...me, objectId: senderOf('mia').objectId };
    expect(await codeOf(comeBack(blind([[other, { issuer: 'local', subject }]])))).toBe(
      'sign_in_wrong_person',
    );
    expect(await comeBack(blind([[me, { issuer: 'local', subject }]]))).toMatchObject({
      key: `local|${subject}`,
      roles: ['approver'],
    });
  });
});

describe('the authorization request', () => {
  test('carries code, PKCE S256, state, nonce and our callback, with fresh secrets each time', async () => {
    const request = async () =>
      new URL((await world.signIn.begin({ link: await world.linkFor('amara') })).redirectTo);
    const [one, two] = [await request(), await request()];
    expect(Object.fromEntries(one.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      client_id: 'countersign',
      redirect_uri: 'http://127.0.0.1:9/auth/callback',
      login_hint: amara.objectId,
      scope: 'openid profile',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(one.searchParams.get(name)).toMatch(/^[\w-]{43}$/);
      expect(one.searchParams.get(name)).not.toBe(two.searchParams.get(name));
    }
  });

  test('the cookie is bound to the host, HttpOnly, and expires after ten minutes', async () => {
    const { setCookie } = await world.signIn.begin({ link: await world.linkFor('amara') });
    expect(setCookie).toMatch(
      /^__Host-countersign-signin=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/,
    );
  });

  test('the store holds no secret in plain text', async () => {
    const link = await world.linkFor('amara');
    const seen: unknown[] = [];
    const store = new Proxy(world.store, {
      get(whole, name) {
        const member: unknown = Reflect.get(whole, name);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          seen.push(given);
          return Reflect.apply(member, whole, given) as unknown;
        };
      },
    });
    const { secret } = world.config.signing;
    const keys = await createKeys({ store, secret, clock: world.clock });
    const parts = { config: world.config, clock: world.clock, log };
    const signIn = createSignIn({
      ...parts,
      ids: systemIds,
      store,
      secrets: secretsOf(keys),
      verifier: createVerifier(parts),
    });
    const { redirectTo, setCookie } = await signIn.begin({ link });
    const back = new URL(await world.signInAt(redirectTo, 'amara'));
    const { code } = await signIn.finish({
      query: back.searchParams,
      cookie: cookieOf(setCookie),
    });
    const written = JSON.stringify(seen);
    const nonce = new URL(redirectTo).searchParams.get('nonce') ?? '';
    const browser = cookieOf(setCookie)?.split('=')[1] ?? '';
    for (const hidden of [link, stateOf(redirectTo), nonce, browser, code]) {
      expect(written).not.toContain(hidden);
      expect(written).toContain(sha256(hidden));
    }
  });
});

describe('the link', () => {
  const guesses = ['', 'x', 'A'.repeat(43), `${'A'.repeat(42)}'`, '../../start'];
  test.each(guesses)('refuses the guess "%s"', async (link) => {
    expect(await codeOf(world.signIn.begin({ link }))).toBe('sign_in_link_invalid');
  });

  test('opens once', async () => {
    const link = await world.linkFor('amara');
    await world.signIn.begin({ link });
    expect(await codeOf(world.signIn.begin({ link }))).toBe('sign_in_link_invalid');
  });

  test('opens once out of twenty concurrent calls', async () => {
    const link = await world.linkFor('amara');
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(world.signIn.begin({ link }))),
    );
    expect(codes.filter((code) => code === 'accepted')).toHaveLength(1);
  });

  test('expires after ten minutes', async () => {
    const link = await world.linkFor('amara');
    world.clock.advance(10 * MINUTE);
    expect(await codeOf(world.signIn.begin({ link }))).toBe('sign_in_link_invalid');
  });

  test('still works after the provider was down when it was opened', async () => {
    const link = await world.linkFor('amara');
    const parts = { config: world.config, clock: world.clock, log };
    const fetch = () => Promise.reject(new Error('down'));
    const down = createSignIn({
      ...parts,
      ids: systemIds,
      store: world.store,
      fetch,
      secrets: { encrypt: () => Promise.resolve(''), decrypt: () => Promise.resolve('') },
      verifier: createVerifier({ ...parts, fetch }),
    });
    expect(await codeOf(down.begin({ link }))).toBe('sign_in_unavailable');
    expect(await codeOf(world.signIn.begin({ link }))).toBe('accepted');
  });
});

describe('the callback', () => {
  test.each(callbackAttacks)('$attack: $refusedAs ($source)', async ({ refusedAs, of }) => {
    const { back, finish } = await atCallback();
    of(back.searchParams);
    expect(await finish()).toBe(refusedAs);
  });

  test.each(cookieAttacks)('a cookie: $attack ($source)', async ({ refusedAs, of }) => {
    const { finish } = await atCallback();
    expect(await finish({ cookie: of })).toBe(refusedAs);
  });

  test('two cookies of the name: a planted one does not win', async () => {
    const planted = `__Host-countersign-signin=${'A'.repeat(43)}`;
    for (const plantedFirst of [true, false]) {
      const { finish, cookie } = await atCallback();
      const both = plantedFirst ? `${planted}; ${cookie}` : `${cookie}; ${planted}`;
      expect(await finish({ cookie: both })).toBe('sign_in_other_browser');
    }
  });

  test('finds its cookie among others', async () => {
    const { finish, cookie } = await atCallback();
    expect(await finish({ cookie: `theme=dark; ${cookie}; x=1` })).toBe('accepted');
  });

  test('works once, and not after a failed try', async () => {
    const first = await atCallback();
    expect(await first.finish()).toBe('accepted');
    expect(await first.finish()).toBe('sign_in_unknown');
    const second = await atCallback();
    expect(await second.finish({ cookie: undefined })).toBe('sign_in_other_browser');
    expect(await second.finish()).toBe('sign_in_unknown');
  });

  test('refuses a code of another attempt by its PKCE verifier (RFC 7636)', async () => {
    const mine = await atCallback();
    const other = await atCallback();
    mine.back.searchParams.set('code', other.back.searchParams.get('code') ?? '');
    expect(await mine.finish()).toBe('sign_in_refused');
  });

  test('refuses after ten minutes', async () => {
    const { finish } = await atCallback();
    world.clock.advance(10 * MINUTE);
    expect(await finish()).toBe('sign_in_unknown');
  });

  test('refuses another person than the link is for', async () => {
    const { finish } = await atCallback('amara', 'kenji');
    expect(await finish()).toBe('sign_in_wrong_person');
  });

  test('reports a provider that is down differently from one that refuses', async () => {
    const { finish } = await atCallback();
    world.wire.tamper = () => Promise.resolve(new Response('no', { status: 503 }));
    expect(await finish()).toBe('sign_in_unavailable');
  });
});

// OpenID Connect Core 3.1.3.7; checked although the token comes over our own TLS connection.
describe('the ID token', () => {
  const answerWith = (make: (claims: Record<string, unknown>) => Promise<string | undefined>) => {
    world.wire.tamper = async (url, response) => {
      if (!url.endsWith('/token')) return response;
      const body = (await response.json()) as Record<string, unknown>;
      const idToken = await make(decodeJwt(String(body.id_token)) as Record<string, unknown>);
      return Response.json({ ...body, id_token: idToken });
    };
  };
  test.each(idTokenAttacks)('$attack: $refusedAs ($source)', async ({ refusedAs, of }) => {
    const { finish } = await atCallback();
    answerWith((claims) => world.provider.forge({ claims: of(claims) }));
    expect(await finish()).toBe(refusedAs);
  });

  test('checks the signature', async () => {
    const { finish } = await atCallback();
    answerWith(async (claims) => {
      const token = await world.provider.forge({ claims });
      return `${token.slice(0, -8)}AAAAAAAA`;
    });
    expect(await finish()).toBe('token_signature_invalid');
  });

  test('alg none', async () => {
    const { finish } = await atCallback();
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    answerWith((claims) => Promise.resolve(`${part({ alg: 'none' })}.${part(claims)}.`));
    expect(await finish()).toMatch(/^(sign_in_refused|token_\w+)$/);
  });

  test('refuses an access token in its place', async () => {
    const { finish } = await atCallback();
    answerWith(() => world.provider.personToken({ personId: 'amara', audience: 'api' }));
    expect(await finish()).toMatch(/^(sign_in_refused|token_\w+)$/);
  });

  test('refuses a response without an ID token', async () => {
    const { finish } = await atCallback();
    answerWith(() => Promise.resolve(undefined));
    expect(await finish()).toBe('sign_in_refused');
  });

  test('cuts off an endless response of the token endpoint', async () => {
    const { finish } = await atCallback();
    world.wire.tamper = () => Promise.resolve(Response.json({ x: 'x'.repeat(2 * 1024 * 1024) }));
    expect(await finish()).toBe('sign_in_unavailable');
  });
});

describe('the code', () => {
  test('is refused for anybody else', async () => {
    const code = await world.codeFor('amara');
    const by = (sender: typeof amara) => codeOf(world.signIn.redeem({ code, sender, ...target }));
    expect(await by(senderOf('mia'))).toBe('sign_in_code_invalid');
    expect(await by({ ...amara, tenantId: 'other' })).toBe('sign_in_code_invalid');
    expect(await by(amara)).toBe('accepted');
  });

  test.each([
    ['another request', { requestId: 'req_2', revision: 1 }],
    ['a later revision', { requestId: 'req_1', revision: 2 }],
  ])('is refused for %s, and is used up', async (_name, other) => {
    const code = await world.codeFor('amara');
    expect(await codeOf(world.signIn.redeem({ code, sender: amara, ...other }))).toBe(
      'sign_in_other_request',
    );
    expect(await codeOf(world.signIn.redeem({ code, sender: amara, ...target }))).toBe(
      'sign_in_code_invalid',
    );
  });

  test('expires with its link', async () => {
    const code = await world.codeFor('amara');
    world.clock.advance(10 * MINUTE);
    expect(await codeOf(world.signIn.redeem({ code, sender: amara, ...target }))).toBe(
      'sign_in_code_invalid',
    );
  });

  test('is accepted from one of twenty concurrent calls', async () => {
    const code = await world.codeFor('ingrid');
    const codes = await Promise.all(
      Array.from({ length: 20 }, () =>
        codeOf(world.signIn.redeem({ code, sender: senderOf('ingrid'), ...target })),
      ),
    );
    expect(codes.filter((each) => each === 'accepted')).toHaveLength(1);
  });

  test.each(['', '1234567', '123456789', '1234567a', '{"CancelledByUser":true}', '12345678 '])(
    'refuses the malformed code "%s"',
    async (code) => {
      expect(
        await codeOf(world.signIn.redeem({ code, sender: senderOf('olu'), ...target })),
      ).toMatch(/^sign_in_(code_invalid|too_many_tries)$/);
    },
  );

  test('locks that person for ten minutes after five wrong codes, and nobody else', async () => {
    const rafael = senderOf('rafael');
    const guess = (sender = rafael) =>
      codeOf(world.signIn.redeem({ code: '00000000', sender, ...target }));
    for (let at = 0; at < 5; at += 1) expect(await guess()).toBe('sign_in_code_invalid');
    expect(await guess()).toBe('sign_in_too_many_tries');
    const code = await world.codeFor('rafael');
    expect(await codeOf(world.signIn.redeem({ code, sender: rafael, ...target }))).toBe(
      'sign_in_too_many_tries',
    );
    expect(await guess(senderOf('tomasz'))).toBe('sign_in_code_invalid');
    world.clock.advance(10 * MINUTE);
    expect(await guess()).toBe('sign_in_code_invalid');
  });

  test('a parked identity swapped in the database does not decrypt', async () => {
    const keys = await createKeys({
      store: world.store,
      secret: world.config.signing.secret,
      clock: world.clock,
    });
    const other = JSON.stringify({ row: { parked: 'x' }, content: { principal: {} } });
    const forged = await keys.encrypt('stored-secrets', other);
    const parts = { config: world.config, clock: world.clock, log };
    const swapped = createSignIn({
      ...parts,
      ids: systemIds,
      secrets: secretsOf(keys),
      verifier: createVerifier(parts),
      store: {
        addLink: (link) => world.store.addLink(link),
        openLink: (...given) => world.store.openLink(...given),
        takeAttempt: (...given) => world.store.takeAttempt(...given),
        park: (...given) => world.store.park(...given),
        redeem: async (...given) => {
          const parked = await world.store.redeem(...given);
          return parked && { ...parked, identity: forged };
        },
      },
    });
    const code = await world.codeFor('amara');
    expect(await codeOf(swapped.redeem({ code, sender: amara, ...target }))).toBe(
      'sign_in_unknown',
    );
  });
});

test('the button is off without a provider', async () => {
  const config = { ...world.config, teams: { ...world.config.teams, signIn: null } };
  const parts = { config, clock: world.clock, log };
  const off = createSignIn({
    ...parts,
    ids: systemIds,
    store: world.store,
    verifier: createVerifier(parts),
    secrets: { encrypt: () => Promise.resolve(''), decrypt: () => Promise.resolve('') },
  });
  expect(await codeOf(off.createLink({ sender: amara, ...target }))).toBe('sign_in_off');
  expect(await codeOf(off.begin({ link: 'A'.repeat(43) }))).toBe('sign_in_off');
  expect(await codeOf(off.redeem({ code: '12345678', sender: amara, ...target }))).toBe(
    'sign_in_off',
  );
});
