/**
 * panva's oidc-provider with its DPoP feature, beside the local profile: an independent
 * implementation that binds tokens of pipelines and people to the client's key (RFC 9449 5).
 */
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';
import { Provider } from 'oidc-provider';
import type { Configuration } from 'oidc-provider';
import { listenOnLoopback, stopServer } from '../../src/local/loopback.ts';
import type { Json } from '../../src/local/world.ts';
import { browser } from '../unit/local/browser.ts';

/** `aud` of its tokens. */
const AUDIENCE = 'api://countersign';
/** The redirect address. Nothing listens there: the test reads the address alone. */
export const REDIRECT = 'http://127.0.0.1:9/back';
export const PIPELINE = { id: 'peer-pipeline', secret: 'a secret of the peer, long enough' };
/** A public client: authorization code with PKCE, without a secret. */
export const COMMAND_LINE = 'peer-command-line';

export interface DpopPeer {
  readonly issuer: string;
  stop(): Promise<void>;
}

/** Starts it on loopback; `claims` are the claims of its person's tokens beside `sub`. */
export async function startDpopPeer(options: {
  claims: Json;
  requireNonce: boolean;
}): Promise<DpopPeer> {
  const server = createServer();
  const issuer = await listenOnLoopback(server, 0);
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid: 'peer-1', use: 'sig', alg: 'RS256' };
  const provider = new Provider(issuer, configuration({ ...options, jwk }));
  server.on('request', provider.callback());
  return { issuer, stop: () => stopServer(server) };
}

function configuration({
  claims,
  requireNonce,
  jwk,
}: {
  claims: Json;
  requireNonce: boolean;
  jwk: JWK;
}): Configuration {
  return {
    clients: [
      {
        client_id: PIPELINE.id,
        client_secret: PIPELINE.secret,
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
        dpop_bound_access_tokens: true,
      },
      {
        client_id: COMMAND_LINE,
        token_endpoint_auth_method: 'none',
        redirect_uris: [REDIRECT],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        application_type: 'native',
        dpop_bound_access_tokens: true,
      },
    ],
    jwks: { keys: [jwk] } as NonNullable<Configuration['jwks']>,
    cookies: { keys: ['peer-cookies'] },
    pkce: { required: () => true },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => Promise.resolve({ sub: id }),
    }),
    extraTokenClaims: (_context, token) => ('accountId' in token ? claims : {}),
    features: {
      dPoP: {
        enabled: true,
        nonceSecret: Buffer.alloc(32, 7),
        requireNonce: () => requireNonce,
      },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: '',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}

/** Signs in on the provider's own pages; returns the address of its redirect. */
export async function signInAtPeer(peer: DpopPeer, address: URL, login: string): Promise<URL> {
  const agent = browser(peer.issuer);
  let page = await agent.follow(address.href);
  for (let step = 0; step < 4 && !page.location?.startsWith(REDIRECT); step += 1) {
    const action = /action="([^"]+)"/.exec(page.text)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(page.text)?.[1];
    if (action === undefined || prompt === undefined) {
      throw new Error(`no form: ${page.status} ${page.text.slice(0, 300)}`);
    }
    page = await agent.follow(new URL(action, page.url).href, { prompt, login, password: 'x' });
  }
  return new URL(page.location ?? '');
}
