/**
 * Sender-constrained tokens (DPoP, RFC 9449) end to end: oidc-provider binds the tokens,
 * openid-client fetches them and makes the proofs, and the composed service accepts them. The tests
 * make no proofs of their own; what they send twice was recorded from the client.
 */
import { jest } from '@jest/globals';
import * as oidc from 'openid-client';
import { decodeJwt } from 'jose';
import { isJsonObject } from '../../src/lib/strict-json.ts';
import type { Json } from '../../src/local/world.ts';
import {
  COMMAND_LINE,
  PIPELINE,
  REDIRECT,
  signInAtPeer,
  startDpopPeer,
} from '../support/dpop-peer.ts';
import type { DpopPeer } from '../support/dpop-peer.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import { eventuallyIn } from '../support/people-at-work.ts';

// The provider warns of plain HTTP and of its own interaction pages; the test wants both.
beforeAll(() => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  jest.spyOn(console, 'info').mockImplementation(() => undefined);
});
afterAll(() => {
  jest.restoreAllMocks();
});

const API = 'api://countersign';
const TENANT = '7f0a9d52-3c41-4f86-9a1e-5b2d8c64e013';
const BORIS = '88a1b2c3-d4e5-4f60-8172-839405a6b7c8';
const BOUND = `
workflow: bound
title: Bound
fields: []
request: { workloads: [{ issuer: peer, client_id: ${PIPELINE.id} }] }
stages:
  - { name: Heads, roles: [approver] }
notify: { channel: approvals }
execute: { use: deploy-webhook }
`;

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | undefined;
  readonly status: number;
  readonly challenge: string;
}

interface Holder {
  readonly token: string;
  readonly type: string;
  /** Every call to the service as sent by the client, with its answer. */
  readonly sent: readonly Sent[];
  call(path: string, body?: Json): Promise<{ status: number; body: Json }>;
}

const insecure = { execute: [oidc.allowInsecureRequests] };

/** Calls the service by openid-client, which makes proofs and handles nonces itself. */
async function holderOf(
  world: LocalWorld,
  client: oidc.Configuration,
  grant: (DPoP: oidc.DPoPHandle) => Promise<oidc.TokenEndpointResponse>,
  alg: string,
): Promise<Holder> {
  const handle = oidc.getDPoPHandle(client, await oidc.randomDPoPKeyPair(alg));
  const { access_token: token, token_type: type } = await grant(handle);
  const sent: Sent[] = [];
  client[oidc.customFetch] = async (url, given) => {
    const body = typeof given.body === 'string' ? given.body : undefined;
    const { method, headers: raw } = given;
    const headers = new Headers(raw);
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const challenge = response.headers.get('www-authenticate') ?? '';
    sent.push({ url, method, headers, body, status: response.status, challenge });
    return response;
  };
  return {
    token,
    type,
    sent,
    async call(path, body) {
      const response = await oidc.fetchProtectedResource(
        client,
        token,
        new URL(`${world.url}${path}`),
        body === undefined ? 'GET' : 'POST',
        body === undefined ? undefined : JSON.stringify(body),
        new Headers(body === undefined ? {} : { 'content-type': 'application/json' }),
        { DPoP: handle },
      );
      return { status: response.status, body: await jsonOf(response) };
    },
  };
}

async function jsonOf(response: Response): Promise<Json> {
  const body: unknown = await response.json();
  return isJsonObject(body) ? body : {};
}

async function pipelineOf(world: LocalWorld, peer: DpopPeer): Promise<Holder> {
  const client = await oidc.discovery(
    new URL(peer.issuer),
    PIPELINE.id,
    PIPELINE.secret,
    undefined,
    insecure,
  );
  return holderOf(
    world,
    client,
    (DPoP) => oidc.clientCredentialsGrant(client, { resource: API }, { DPoP }),
    'ES256',
  );
}

/** A person at a public client: code, PKCE and DPoP, without a client secret. */
async function personOf(world: LocalWorld, peer: DpopPeer): Promise<Holder> {
  const client = await oidc.discovery(
    new URL(peer.issuer),
    COMMAND_LINE,
    undefined,
    oidc.None(),
    insecure,
  );
  return holderOf(
    world,
    client,
    async (DPoP) => {
      const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
      const expectedState = oidc.randomState();
      const address = oidc.buildAuthorizationUrl(client, {
        redirect_uri: REDIRECT,
        scope: 'openid',
        resource: API,
        state: expectedState,
        code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      });
      const back = await signInAtPeer(peer, address, 'boris');
      return oidc.authorizationCodeGrant(
        client,
        back,
        { pkceCodeVerifier, expectedState },
        { resource: API },
        { DPoP },
      );
    },
    'Ed25519',
  );
}

/** Sends the exact bytes of a call again; `headers` replaces some headers. */
async function again({ url, method, headers, body }: Sent, over: Record<string, string> = {}) {
  const same = new Headers(headers);
  for (const [name, value] of Object.entries(over)) same.set(name, value);
  const response = await fetch(url, {
    method,
    headers: same,
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: response.status,
    code: (await jsonOf(response))['code'],
    challenge: response.headers.get('www-authenticate') ?? '',
  };
}

async function startBoth(nonce: boolean) {
  const peer = await startDpopPeer({
    claims: { oid: BORIS, tid: TENANT, name: 'Boris Novak', roles: ['approver'] },
    requireNonce: nonce,
  });
  const issuer =
    `    - { id: peer, kind: oidc, issuer: '${peer.issuer}', audience: '${API}', ` +
    'use: [people, workloads], roles: [{ claim: roles }], claims: [client_id], ' +
    'teams: { objectIdClaim: oid, tenantClaim: tid } }\n';
  try {
    const world = await startWorld({
      workflows: { bound: BOUND },
      config: (text) =>
        text.replace('  issuers:\n', `  dpop: { nonce: ${nonce} }\n  issuers:\n${issuer}`),
    });
    return { peer, world };
  } catch (error) {
    await peer.stop();
    throw error;
  }
}

const ASKED = { workflow: 'bound', fields: {}, reason: 'Fixes the rounding of refunds' };
const decisionOn = (request: Json): Json => ({
  word: 'approve',
  stage: 'stage-1',
  revision: 1,
  digest: request['digest'],
});
const last = ({ sent }: Holder): Sent => {
  const found = sent.at(-1);
  if (found === undefined) throw new Error('nothing was sent');
  return found;
};

describe.each([
  ['without nonces', false],
  ['with nonces of provider and service', true],
])('bound tokens by openid-client, %s', (_name, nonce) => {
  let peer: DpopPeer | undefined;
  let world: LocalWorld;
  let pipeline: Holder;
  let person: Holder;
  let request: Json;
  // WebCrypto and so the client name the algorithm Ed25519 (RFC 9864).
  beforeAll(async () => {
    const both = await startBoth(nonce);
    ({ peer, world } = both);
    pipeline = await pipelineOf(world, both.peer);
    person = await personOf(world, both.peer);
  });
  afterAll(async () => {
    await world?.stop();
    await peer?.stop();
  });

  test('the provider binds both tokens', () => {
    for (const { token, type } of [pipeline, person]) {
      expect(type).toBe('dpop');
      const bound = { cnf: { jkt: expect.stringMatching(/^[\w-]{43}$/) } };
      expect(decodeJwt(token)).toMatchObject(bound);
    }
  });

  test('accepts the request of a pipeline and the decision of a person, both with bound tokens', async () => {
    const made = await pipeline.call('/v1/requests', ASKED);
    expect(made).toMatchObject({ status: 201, body: { state: 'pending' } });
    request = made.body;
    const path = `/v1/requests/${String(request['id'])}`;
    const read = await person.call(path);
    expect(read).toMatchObject({ status: 200 });
    const decided = await person.call(`${path}/decisions`, decisionOn(read.body));
    expect(decided).toMatchObject({ status: 200 });
    await eventuallyIn(world, String(request['id']), 'applied');
  });

  test('the client fetches one nonce by itself where the service demands nonces', () => {
    const firstOf = ({ sent }: Holder) =>
      sent.map(({ status, challenge }) =>
        status === 401 ? /error="(\w+)"/.exec(challenge)?.[1] : status,
      );
    expect(firstOf(pipeline)).toEqual(nonce ? ['use_dpop_nonce', 201] : [201]);
    expect(firstOf(person)).toEqual(nonce ? ['use_dpop_nonce', 200, 200] : [200, 200]);
  });

  test('rejects a replayed proof before it looks at the token', async () => {
    for (const holder of [pipeline, person]) {
      expect(await again(last(holder))).toEqual({
        status: 401,
        code: 'dpop_proof_replayed',
        challenge: expect.stringMatching(/^DPoP .*error="invalid_dpop_proof"/),
      });
    }
  });

  test('rejects a bound token as plain Bearer, with and without its proof', async () => {
    for (const holder of [pipeline, person]) {
      const bearer = { authorization: `Bearer ${holder.token}` };
      const refused = {
        status: 401,
        code: 'token_bound',
        challenge: expect.stringMatching(/^DPoP .*algs="ES256/),
      };
      expect(await again(last(holder), bearer)).toEqual(refused);
      const { url } = last(person);
      const path = url.replace(/\/decisions$/, '');
      const response = await fetch(path, { headers: bearer });
      expect([response.status, (await jsonOf(response))['code']]).toEqual([401, 'token_bound']);
    }
  });

  test('rejects the token of one client with the proof of another', async () => {
    const mixed = { authorization: `DPoP ${person.token}` };
    expect(await again(last(pipeline), mixed)).toMatchObject({
      status: 401,
      code: 'dpop_wrong_key',
    });
  });

  test('counts a pipeline token once, also with a new proof', async () => {
    const second = await pipeline.call('/v1/requests', ASKED).then(
      ({ status, body }) => [status, body['code']],
      (error: unknown) => error,
    );
    expect(second).toEqual([409, 'token_replayed']);
  });
});
