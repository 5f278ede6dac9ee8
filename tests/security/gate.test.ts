import { createRequire } from 'node:module';
import { jest } from '@jest/globals';
import { createGate } from '../../src/teams/inbound/gate.ts';
import { createChannelTokens } from '../../src/identity/tokens/channel-tokens.ts';
import type { Config, TeamsConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { LocalConnector } from '../../src/local/connector.ts';
import { demoBotAppId, demoTenantId } from '../../src/local/people.ts';
import type { Json } from '../../src/local/world.ts';
import { amara, CHANNEL, startWire, teamsConfig } from '../unit/teams/world.ts';
import { stockAdapter } from './gate-stock.ts';

const STRANGER = '99999999-1111-4222-8333-444444444444';

let wire: LocalConnector;
let stock: ReturnType<typeof stockAdapter>;
beforeAll(async () => {
  wire = await startWire();
  stock = stockAdapter(wire);
});
afterAll(() => wire.stop());
beforeEach(() => {
  // Botbuilder logs every refusal to the console.
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
});

function gate(change: Partial<TeamsConfig> = {}, allowLoopbackHttp = true) {
  const teams = teamsConfig(wire, change);
  const server = { publicUrl: 'http://127.0.0.1', host: '127.0.0.1', port: 0 };
  const config = { profile: 'local', server, teams } as Config;
  const basics = { clock: systemClock, log: silentLogger };
  return createGate({
    config: teams,
    tokens: createChannelTokens({ config, ...basics }),
    ...basics,
    allowLoopbackHttp,
  });
}

/** An invoke as Amara's client sends it. `members` overrides members; undefined removes one. */
function invoke(members: Json = {}): Json {
  return wire.activity({
    personId: 'amara',
    chatId: CHANNEL,
    with: {
      name: 'adaptiveCard/action',
      value: { action: { verb: 'approve' } },
      ...members,
    },
  });
}

const check = (body: unknown, token: string | null, change: Partial<TeamsConfig> = {}) =>
  gate(change).check({ authorization: token === null ? undefined : `Bearer ${token}`, body });

test('both accept an invoke from Teams, with the sender that Teams names', async () => {
  const token = await wire.channelToken();
  expect((await stock(invoke(), token)).ran).toBe(true);
  const passed = await check(invoke(), token);
  expect(passed).toMatchObject({
    ok: true,
    activity: {
      type: 'invoke',
      sender: {
        tenantId: demoTenantId,
        objectId: amara?.oid,
        userId: amara?.mri,
        name: amara?.name,
      },
    },
  });
});

describe('accepted by the stock adapter, refused here', () => {
  interface Hole {
    readonly name: string;
    readonly body: () => Json;
    readonly token: () => Promise<string>;
    readonly code: string;
    /** Set where the stock adapter accepts the post, but its turn fails later. */
    readonly stumbles?: boolean;
  }
  const channel = () => wire.channelToken();
  const entra = (tenant: string, claims: Json) =>
    wire.channelToken({
      claims: {
        iss: `https://sts.windows.net/${tenant}/`,
        tid: tenant,
        serviceurl: undefined,
        ...claims,
      },
    });
  const holes: readonly Hole[] = [
    {
      name: 'a token that another tenant issued for the bot (emulator, v1)',
      body: invoke,
      code: 'token_issuer_unknown',
      token: () => entra(STRANGER, { ver: '1.0', appid: demoBotAppId, aud: demoBotAppId }),
    },
    {
      name: 'a token that another tenant issued for the bot (emulator, v2)',
      body: invoke,
      code: 'token_issuer_unknown',
      token: () =>
        wire.channelToken({
          claims: {
            iss: `https://login.microsoftonline.com/${STRANGER}/v2.0`,
            tid: STRANGER,
            ver: '2.0',
            azp: demoBotAppId,
            aud: demoBotAppId,
            serviceurl: undefined,
          },
        }),
    },
    {
      name: "the bot's own outbound token, with the connector as audience",
      body: invoke,
      code: 'token_issuer_unknown',
      stumbles: true,
      token: () =>
        entra(demoTenantId, {
          ver: '1.0',
          appid: demoBotAppId,
          aud: wire.botScope,
          idtyp: 'app',
        }),
    },
    {
      name: 'no service URL',
      code: 'activity_malformed',
      token: channel,
      body: () => invoke({ serviceUrl: undefined }),
    },
    {
      name: 'an empty service URL',
      code: 'activity_malformed',
      token: channel,
      body: () => invoke({ serviceUrl: '' }),
    },
    {
      name: 'a blank channel',
      code: 'channel_not_teams',
      token: channel,
      body: () => invoke({ channelId: ' ' }),
    },
    {
      name: 'a blank channel under a key without endorsement for Teams',
      code: 'channel_not_teams',
      token: () => wire.channelToken({ key: 'unendorsed' }),
      body: () => invoke({ channelId: '' }),
    },
    {
      name: 'a token without an expiry',
      body: invoke,
      code: 'token_claim_missing',
      token: () => wire.channelToken({ claims: { exp: undefined } }),
    },
    {
      name: 'a sender of a tenant that is not allowed',
      code: 'tenant_not_allowed',
      token: channel,
      body: () =>
        invoke({
          conversation: { id: CHANNEL, tenantId: STRANGER },
          channelData: { tenant: { id: STRANGER } },
        }),
    },
    {
      name: 'a guest of a tenant that is not allowed, in a shared channel',
      code: 'tenant_not_allowed',
      token: channel,
      body: () => invoke({ from: { id: '29:x', aadObjectId: 'x', tenantId: STRANGER } }),
    },
    {
      name: 'a sender of a tenant that is not allowed, without an object id',
      code: 'tenant_not_allowed',
      token: channel,
      body: () => invoke({ from: { id: '29:x', tenantId: STRANGER } }),
    },
    {
      name: 'a sender whose tenant is not a string',
      code: 'activity_malformed',
      token: channel,
      body: () => invoke({ from: { id: '29:x', aadObjectId: 'x', tenantId: {} } }),
    },
    {
      name: 'a conversation of one tenant with channel data of another',
      code: 'activity_malformed',
      token: channel,
      body: () => invoke({ channelData: { tenant: { id: STRANGER } } }),
    },
    {
      name: 'no tenant at all',
      code: 'activity_malformed',
      token: channel,
      body: () => invoke({ conversation: { id: CHANNEL }, channelData: {} }),
    },
    {
      name: 'an activity for another bot',
      code: 'recipient_not_bot',
      token: channel,
      body: () => invoke({ recipient: { id: `28:${STRANGER}` } }),
    },
    {
      name: 'no sender',
      code: 'activity_malformed',
      token: channel,
      body: () => invoke({ from: undefined }),
    },
  ];

  test.each(holes)('$name', async ({ body, token, code, stumbles = false }) => {
    const forged = await token();
    expect(await stock(body(), forged)).toMatchObject({ accepted: true, ran: !stumbles });
    expect(await check(body(), forged)).toEqual({ ok: false, code });
  });

  test('a call without a token, where no app id is configured', async () => {
    const open = stockAdapter(wire, { appId: '' });
    expect((await open(invoke(), null)).ran).toBe(true);
    expect(await check(invoke(), null, { appId: '' })).toEqual({
      ok: false,
      code: 'channel_token_missing',
    });
  });

  test("a service URL of the token on a host that is not Microsoft's", async () => {
    const elsewhere = 'https://collector.example/';
    const token = await wire.channelToken({ claims: { serviceurl: elsewhere } });
    expect((await stock(invoke({ serviceUrl: elsewhere }), token)).ran).toBe(true);
    expect(await check(invoke({ serviceUrl: elsewhere }), token)).toEqual({
      ok: false,
      code: 'service_url_not_allowed',
    });
  });

  test('refuses a garbage token, where the stock adapter answers 500', async () => {
    const garbage = await wire.channelToken({ key: new Uint8Array(64), header: { alg: 'HS256' } });
    expect((await stock(invoke(), garbage)).status).toBe(500);
    expect((await check(invoke(), garbage)).ok).toBe(false);
  });

  test('the stock adapter trusts every tenant that an unsigned token names, permanently', async () => {
    const {
      ToBotFromBotOrEmulatorTokenValidationParameters: { issuer: trusted },
    } = createRequire(import.meta.url)(
      'botframework-connector/lib/auth/tokenValidationParameters.js',
    ) as { ToBotFromBotOrEmulatorTokenValidationParameters: { issuer: string[] } };
    const before = trusted.length;
    for (let tenant = 0; tenant < 20; tenant += 1) {
      const payload = Buffer.from(JSON.stringify({ iss: 'x', tid: `t${tenant}` }));
      const token = `eyJhbGciOiJSUzI1NiJ9.${payload.toString('base64url')}.AAAA`;
      await stock(invoke(), token);
      expect((await check(invoke(), token)).ok).toBe(false);
    }
    expect(trusted.length - before).toBe(80);
  });
});

// Teams resends an invoke after a time-out, so the gate must accept it. Its effects happen once
// (e2e/main-job.test.ts, e2e/sign-in.test.ts).
test('both accept a replay', async () => {
  const [token, body] = [await wire.channelToken(), invoke()];
  for (const round of [1, 2]) {
    expect([round, (await stock(body, token)).ran, (await check(body, token)).ok]).toEqual([
      round,
      true,
      true,
    ]);
  }
});

describe('refused by both', () => {
  test.each<[string, Json, string]>([
    ['another audience', { aud: STRANGER }, 'token_audience'],
    ['an expired token', { exp: Math.floor(Date.now() / 1_000) - 400 }, 'token_expired'],
    ['another service URL', { serviceurl: 'https://x.example/' }, 'service_url_mismatch'],
  ])('%s', async (_name, claims, code) => {
    const token = await wire.channelToken({ claims });
    expect((await stock(invoke(), token)).accepted).toBe(false);
    expect(await check(invoke(), token)).toEqual({ ok: false, code });
  });

  test('a key without endorsement for Teams', async () => {
    const token = await wire.channelToken({ key: 'unendorsed' });
    expect((await stock(invoke(), token)).ran).toBe(false);
    expect(await check(invoke(), token)).toEqual({ ok: false, code: 'channel_not_endorsed' });
  });

  test('a channel in other letter case', async () => {
    const token = await wire.channelToken();
    expect(await check(invoke({ channelId: 'MsTeams' }), token)).toEqual({
      ok: false,
      code: 'channel_not_teams',
    });
  });
});

describe('service URLs', () => {
  async function passes(serviceUrl: string, hosts: string[], plain = false) {
    const cloud = { ...teamsConfig(wire).cloud, serviceUrlHosts: hosts };
    const token = await wire.channelToken({ claims: { serviceurl: serviceUrl } });
    const body = invoke({ serviceUrl });
    const { ok } = await gate({ cloud }, plain).check({ authorization: `Bearer ${token}`, body });
    return ok;
  }

  test.each<[string, readonly string[], boolean]>([
    ['https://smba.trafficmanager.net/emea/', ['smba.trafficmanager.net'], true],
    ['https://smba.trafficmanager.net.evil.example/', ['smba.trafficmanager.net'], false],
    ['https://smba.trafficmanager.net:8443/', ['smba.trafficmanager.net'], false],
    ['https://eu.bots.example/', ['*.bots.example'], true],
    ['https://a.b.bots.example/', ['*.bots.example'], false],
    ['https://bots.example/', ['*.bots.example'], false],
    ['https://evilbots.example/', ['*.bots.example'], false],
    ['https://user@eu.bots.example/', ['*.bots.example'], false],
    ['https://:pass@eu.bots.example/', ['*.bots.example'], false],
    ['https://eu.bots.example/?x=1', ['*.bots.example'], false],
    ['http://eu.bots.example/', ['*.bots.example'], false],
    ['http://127.0.0.1:3978/', ['127.0.0.1:3978'], false],
    ['not a url', ['*.bots.example'], false],
  ])('%s with %j: %j', async (url, hosts, passed) => {
    expect(await passes(url, [...hosts])).toBe(passed);
  });

  test('accepts plain http only on loopback in the local profile', async () => {
    expect(await passes('http://127.0.0.1:3978/', ['127.0.0.1:3978'], true)).toBe(true);
    expect(await passes('http://eu.bots.example/', ['*.bots.example'], true)).toBe(false);
  });

  test("the service URL must equal the token's, except for a trailing slash", async () => {
    const { serviceUrl } = wire;
    const token = await wire.channelToken({ claims: { serviceurl: serviceUrl.slice(0, -1) } });
    expect((await check(invoke(), token)).ok).toBe(true);
    const other = invoke({ serviceUrl: `${serviceUrl}other/` });
    expect(await check(other, await wire.channelToken())).toEqual({
      ok: false,
      code: 'service_url_mismatch',
    });
  });
});

describe('shapes', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an array', []],
    ['a string', 'x'],
    ['a number', 7],
    ['an empty object', {}],
  ])('refuses %s as an activity', async (_name, body) => {
    expect(await check(body, await wire.channelToken())).toEqual({
      ok: false,
      code: 'activity_malformed',
    });
  });

  test.each<[string, Json]>([
    ['an id of one megabyte', { id: 'x'.repeat(1_000_000) }],
    ['an array as id', { id: ['a'] }],
    ['no type', { type: undefined }],
    ['an object as type', { type: {} }],
    ['a very long sender id', { from: { id: 'x'.repeat(600) } }],
    ['no conversation', { conversation: null }],
    ['a number as name', { name: 1 }],
    ['an object as replyToId', { replyToId: {} }],
  ])('refuses %s as malformed', async (_name, members) => {
    expect(await check(invoke(members), await wire.channelToken())).toEqual({
      ok: false,
      code: 'activity_malformed',
    });
  });

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic abc',
    'bearer a.b.c',
    'Bearer a.b',
    'Bearer a.b.c d',
    `Bearer ${'a'.repeat(9_000)}.b.c`,
  ])('finds no token in an Authorization of %j', async (authorization) => {
    expect(await gate().check({ authorization, body: invoke() })).toEqual({
      ok: false,
      code: 'channel_token_missing',
    });
  });

  test('refuses every post while the keys cannot be fetched', async () => {
    const cloud = { ...teamsConfig(wire).cloud, metadataUrl: 'http://127.0.0.1:1/metadata' };
    const refused = await check(invoke(), await wire.channelToken(), { cloud });
    expect(refused).toEqual({ ok: false, code: 'token_keys_unavailable' });
  });
});
