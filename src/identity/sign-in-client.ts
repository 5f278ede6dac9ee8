import * as oidc from 'openid-client';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import { IdentityError } from '../usecases/ports.ts';
import { PROVIDER_LIMITS, boundedFetch } from './bounded-fetch.ts';
import type { Fetch } from './bounded-fetch.ts';
import { identityError } from './codes.ts';
import type { ProviderMetadata } from './discovery.ts';
import { fillTenant } from './providers.ts';
import type { IdentityParts, Provider } from './providers.ts';
import { own } from './strict-json.ts';
import type { JsonObject } from './strict-json.ts';

/** What is drawn anew for every attempt and must come back. */
export interface AttemptSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Our side of the authorization code flow at one provider. */
export interface SignInClient {
  /** Resolves when the provider's metadata is known. */
  ready(): Promise<void>;
  /** Where the browser is sent to sign in. `person` is who the link is for. */
  authorizationUrl(
    secrets: AttemptSecrets, person: { tenantId: string; objectId: string },
  ): Promise<string>;
  /** The ID token that the callback's code is good for. */
  idToken(
    query: URLSearchParams, secrets: AttemptSecrets, tenantId: string,
  ): Promise<string>;
}

/**
 * The flow on openid-client: code with PKCE S256 (RFC 7636), state, nonce, and `iss` of RFC 9207
 * where the provider says that it sends it. Metadata comes from our own discovery, so that its
 * limits and its cache hold here too.
 *
 * All throw IdentityError `sign_in_refused` or `sign_in_unavailable`.
 */
export function createSignInClient(options: {
  config: Config;
  signIn: NonNullable<Config['teams']['signIn']>;
  provider: Provider;
  clock: Clock;
  fetch: Fetch;
}): SignInClient {
  const { config, signIn, provider } = options;
  const redirectUri = `${config.server.publicUrl}/auth/callback`;
  const clientFor = async (tenantId: string) =>
    configuration({ ...options, tenantId, metadata: await metadataOf(provider) });
  return {
    async ready() {
      await metadataOf(provider);
    },
    async authorizationUrl(secrets, person) {
      const client = await clientFor(person.tenantId);
      const url = oidc.buildAuthorizationUrl(client, {
        redirect_uri: redirectUri,
        scope: [...new Set(['openid', ...signIn.scopes])].join(' '),
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(secrets.verifier),
        code_challenge_method: 'S256',
        ...hints(config, provider, person.objectId),
      });
      return url.href;
    },
    async idToken(query, secrets, tenantId) {
      const client = await clientFor(tenantId);
      try {
        const tokens = await oidc.authorizationCodeGrant(
          client,
          new URL(`${redirectUri}?${query.toString()}`),
          {
            expectedState: secrets.state, expectedNonce: secrets.nonce,
            pkceCodeVerifier: secrets.verifier, idTokenExpected: true,
          },
        );
        if (tokens.id_token !== undefined) return tokens.id_token;
      } catch (cause) {
        const code = isRefusal(cause) ? 'sign_in_refused' : 'sign_in_unavailable';
        throw identityError(code, { cause });
      }
      throw identityError('sign_in_refused', { about: 'no id_token' });
    },
  };
}

/**
 * Entra is asked to let the person choose, as the account that the browser is signed in with need
 * not be the one in Teams. Its login_hint would be a user name, which Teams does not tell; the
 * local provider takes an object id.
 */
function hints(config: Config, provider: Provider, objectId: string): Record<string, string> {
  if (provider.config.kind === 'entra') return { prompt: 'select_account' };
  return config.profile === 'local' ? { login_hint: objectId } : {};
}

async function metadataOf(provider: Provider): Promise<ProviderMetadata> {
  try {
    return await provider.keys.metadata();
  } catch (cause) {
    throw identityError('sign_in_unavailable', { cause });
  }
}

/** The client of `teams.signIn` at a provider whose discovery document is at hand. */
export function createSignInClientConfiguration(given: {
  document: JsonObject; tenantId: string; parts: IdentityParts;
}): oidc.Configuration {
  const { document, tenantId, parts: { config, clock, fetch } } = given;
  const { signIn } = config.teams;
  if (signIn === null) throw identityError('sign_in_off');
  const text = (name: string) => String(own(document, name) ?? '');
  return configuration({
    config, signIn, tenantId, clock,
    fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
    metadata: { issuer: text('issuer'), jwksUri: text('jwks_uri'), document },
  });
}

function configuration(options: {
  config: Config;
  signIn: NonNullable<Config['teams']['signIn']>;
  metadata: ProviderMetadata;
  tenantId: string;
  clock: Clock;
  fetch: Fetch;
}): oidc.Configuration {
  const { signIn, metadata, tenantId, clock } = options;
  const allowHttp = options.config.profile === 'local';
  const methods = own(metadata.document, 'token_endpoint_auth_methods_supported');
  // RFC 8414 2: a provider that lists no methods takes client_secret_basic.
  const basic = !Array.isArray(methods) || methods.includes('client_secret_basic');
  const client = new oidc.Configuration(
    { ...metadata.document, issuer: fillTenant(metadata.issuer, tenantId) },
    signIn.clientId,
    {
      // The clock may be corrected by the database's; openid-client reads the machine's.
      [oidc.clockSkew]: Math.round((clock.now() - systemClock.now()) / 1_000),
      [oidc.clockTolerance]: 30,
    },
    clientAuth(signIn.clientSecret, basic),
  );
  const wire = boundedFetch(options.fetch, { ...PROVIDER_LIMITS, allowHttp });
  client[oidc.customFetch] = async (url, init) => {
    const response = await wire(url, init as RequestInit);
    // openid-client would call it an answer that does not conform, and so a refusal.
    if (response.status >= 500) throw new Error(`the provider answered ${response.status}`);
    return response;
  };
  if (allowHttp) oidc.allowInsecureRequests(client);
  return client;
}

/** How the client proves itself; a public one by PKCE alone (RFC 9700 2.1.1). */
function clientAuth(secret: string | null, basic: boolean): oidc.ClientAuth {
  if (secret === null) return oidc.None();
  return basic ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret);
}

/** Whether the provider, or a check of its answer, said no; else it could not be reached. */
function isRefusal(error: unknown): boolean {
  if (error instanceof IdentityError) return true;
  if (error instanceof oidc.AuthorizationResponseError) return true;
  if (error instanceof oidc.ResponseBodyError) return true;
  // A client that was not let in is answered so where it came by basic authentication.
  if (error instanceof oidc.WWWAuthenticateChallengeError) return true;
  const code = error instanceof oidc.ClientError ? error.code : undefined;
  return code !== undefined && code !== 'OAUTH_TIMEOUT' && code !== 'OAUTH_ABORT';
}
