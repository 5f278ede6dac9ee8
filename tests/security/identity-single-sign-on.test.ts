/** The token at a click: it must belong to the person who clicked. */
import { createIdentity } from '../../src/identity/identity.ts';
import type { Identity } from '../../src/usecases/ports/identity.ts';
import type { TeamsSender } from '../../src/usecases/ports/teams-sender.ts';
import {
  AMARA,
  APP_ID,
  KENJI,
  OTHER_TENANT,
  TEAMS_CLIENT,
  TENANT,
  codeOf,
  configOf,
  entraIssuer,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  startKeyServer,
  turnableClock,
  workloadClaims,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';
import { singleSignOnAttacks } from './attacks/single-sign-on-attacks.ts';

const clock = turnableClock();
const sender: TeamsSender = {
  tenantId: TENANT,
  objectId: AMARA,
  userId: '29:amara',
  name: 'Amara',
};
let server: KeyServer;
let other: KeyServer;
let key: TestKey;
let identity: Identity;

beforeAll(async () => {
  key = await newKey('k1');
  server = await startKeyServer();
  other = await startKeyServer();
  server.state.keys = [key.publicJwk];
  other.state.keys = [key.publicJwk];
  const config = configOf([oidcIssuer(server), oidcIssuer(other, { id: 'other' })]);
  identity = createIdentity({ config, clock, log });
});
afterAll(() => Promise.all([server.stop(), other.stop()]));

const claims = (over: Claims = {}) =>
  personClaims(server.state.issuer, clock.now(), { aud: APP_ID, ...over });
const refusal = async (over: Claims, by = sender) =>
  codeOf(identity.verifySingleSignOn(await sign(key, claims(over)), by));

test('accepts the token of the person who clicked, with its evidence', async () => {
  const token = await sign(
    key,
    claims({ acr: 'mfa', amr: ['pwd', 'mfa'], auth_time: 1_700_000_000 }),
  );
  const principal = await identity.verifySingleSignOn(token, sender);
  expect(principal).toEqual({
    key: `idp|${TENANT}|${AMARA}`,
    kind: 'person',
    provider: 'idp',
    subject: 'pairwise-amara',
    tenant: TENANT,
    objectId: AMARA,
    name: 'Amara Okafor',
    roles: ['approver'],
    claims: { department: 'Payments' },
    token: {
      issuer: server.state.issuer,
      subject: 'pairwise-amara',
      audience: APP_ID,
      tokenId: 'token-1',
      clientId: TEAMS_CLIENT,
      issuedAt: clock.now(),
      expiresAt: clock.now() + 3_600_000,
      authTime: 1_700_000_000_000,
      acr: 'mfa',
      amr: ['pwd', 'mfa'],
      digest: expect.stringMatching(/^[\w-]{43}$/),
    },
    proof: { way: 'single-sign-on', verifiedAt: clock.now(), sessionId: null },
  });
});

test.each(singleSignOnAttacks)('$attack: $refusedAs ($source)', async ({ refusedAs, of }) => {
  expect(await refusal(of)).toBe(refusedAs);
});

test('refuses a stolen token from the thief', async () => {
  expect(await refusal({}, { ...sender, objectId: KENJI })).toBe('sso_wrong_person');
  expect(await refusal({}, { ...sender, tenantId: OTHER_TENANT })).toBe('sso_wrong_tenant');
});

test('refuses an app-only token as an approver', async () => {
  const token = await sign(
    key,
    workloadClaims(server.state.issuer, clock.now(), {
      aud: APP_ID,
      roles: ['approver'],
      oid: AMARA,
      tid: TENANT,
    }),
  );
  expect(await codeOf(identity.verifySingleSignOn(token, sender))).toBe('sso_not_person');
});

test('refuses a configured issuer other than that of single sign-on', async () => {
  const token = await sign(key, personClaims(other.state.issuer, clock.now(), { aud: APP_ID }));
  expect(await codeOf(identity.verifySingleSignOn(token, sender))).toBe('token_issuer_unknown');
});

test('refuses a single sign-on token at the API, and an API token at a click', async () => {
  expect(await codeOf(identity.verifyBearer(await sign(key, claims())))).toBe('token_audience');
});

test('refuses every token while single sign-on is off', async () => {
  const config = configOf([oidcIssuer(server)]);
  const off = createIdentity({
    config: {
      ...config,
      teams: { ...config.teams, singleSignOn: { ...config.teams.singleSignOn, enabled: false } },
    },
    clock,
    log,
  });
  expect(await codeOf(off.verifySingleSignOn(await sign(key, claims()), sender))).toBe('sso_off');
});

test('refuses a provider without Teams ids', async () => {
  const config = configOf([oidcIssuer(server, { teams: null })]);
  const blind = createIdentity({ config, clock, log });
  const token = await sign(key, claims());
  expect(await codeOf(blind.verifySingleSignOn(token, sender))).toBe('sso_wrong_person');
});

describe('versions of Entra tokens', () => {
  const cases: [string, string, Claims][] = [
    ['v2.0 for the client id', 'accepted', {}],
    ['v2.0 for the api:// resource', 'sso_wrong_version', { aud: `api://botid-${APP_ID}` }],
    ['ver 1.0 at the v2.0 issuer', 'sso_wrong_version', { ver: '1.0' }],
    ['no ver at the v2.0 issuer', 'sso_wrong_version', { ver: undefined }],
  ];
  test.each(cases)('%s: %s', async (_name, code, over) => {
    const entra = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
    entra.state.keys = [key.publicJwk];
    try {
      const strict = createIdentity({ config: configOf([entraIssuer(entra)]), clock, log });
      const token = await sign(
        key,
        personClaims(`${entra.base}/${TENANT}/v2.0`, clock.now(), {
          aud: APP_ID,
          ...over,
        }),
      );
      expect(await codeOf(strict.verifySingleSignOn(token, sender))).toBe(code);
    } finally {
      await entra.stop();
    }
  });

  test('v1.0 and v2.0 tokens of one person give one principal', async () => {
    const v1 = await startKeyServer();
    const v2 = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
    v1.state.issuer = 'https://sts.windows.net/{tenantid}/';
    v1.state.keys = [key.publicJwk];
    v2.state.keys = [key.publicJwk];
    try {
      const both = (first: 'v1' | 'v2') => {
        const issuers = [
          entraIssuer(v2, { id: 'v2' }),
          entraIssuer(v1, { id: 'v1', issuer: 'https://sts.windows.net/{tenantid}/' }),
        ];
        const config = configOf(first === 'v2' ? issuers : issuers.toReversed());
        return createIdentity({ config, clock, log });
      };
      const old = await both('v1').verifySingleSignOn(
        await sign(
          key,
          personClaims(`https://sts.windows.net/${TENANT}/`, clock.now(), {
            aud: `api://botid-${APP_ID}`,
            ver: '1.0',
            sub: 'another',
            azp: undefined,
            appid: TEAMS_CLIENT,
          }),
        ),
        sender,
      );
      const now = await both('v2').verifySingleSignOn(
        await sign(key, personClaims(`${v2.base}/${TENANT}/v2.0`, clock.now(), { aud: APP_ID })),
        sender,
      );
      expect(old.subject).not.toBe(now.subject);
      expect(old.key).toBe(`entra|127.0.0.1|${TENANT}|${AMARA}`);
      expect(now.key).toBe(old.key);
    } finally {
      await Promise.all([v1.stop(), v2.stop()]);
    }
  });
});
