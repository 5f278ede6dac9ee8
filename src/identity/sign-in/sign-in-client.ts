import * as oidc from 'openid-client';
import type { Config } from '../../config/config.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import { PROVIDER_LIMITS, boundedFetch } from '../../net/bounded-fetch.ts';
import type { Fetch } from '../../net/bounded-fetch.ts';
import { identityError } from '../codes.ts';
import type { ProviderMetadata } from '../issuer-keys/discovery.ts';
import { fillTenant } from '../providers.ts';
import type { IdentityParts, Provider } from '../providers.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** Random values of one attempt; the callback must match them. */
export interface AttemptSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The tokens of a sign-in or a refresh. */
export interface SignInTokens {
  readonly idToken: string;
  /** Null if the provider issues none: `offline_access` was not requested or not granted. */
  readonly refreshToken: string | null;
}

/** Our client of the authorization code flow at one provider. */
export interface SignInClient {
  /** Resolves once the provider's metadata is known. */
  ready(): Promise<void>;
  /** The address for the browser to sign in. `person` is who the link is for. */
  authorizationUrl(
    secrets: AttemptSecrets,
    person: { tenantId: string; objectId: string; stepUp: StepUp | null },
  ): Promise<string>;
  /** Exchanges the callback's code for tokens. */
  tokens(query: URLSearchParams, secrets: AttemptSecrets, tenantId: string): Promise<SignInTokens>;
  /**
   * Exchanges a refresh token, once. Throws IdentityError `session_refresh_refused` where the
   * provider ended it (`invalid_grant`, RFC 6749 5.2) or requires the person;
   * `session_refresh_unavailable` where the provider does not answer or refuses this client.
   */
  refresh(refreshToken: string, tenantId: string): Promise<SignInTokens>;
  /**
   * Revokes a refresh token (RFC 7009), if the provider supports it. Throws if the provider does
   * not answer.
   */
  revoke(refreshToken: string, tenantId: string): Promise<void>;
}

/**
 * The flow with openid-client: code with PKCE S256 (RFC 7636), state, nonce, and `iss` (RFC 9207)
 * where the provider supports it. Metadata comes from our own discovery, with its limits and cache.
 *
 * All but `refresh` throw IdentityError `sign_in_refused` or `sign_in_unavailable`.
 */
export function createSignInClient(options: {
  config: Config;
  signIn: NonNullable<Config['teams']['signIn']>;
  provider: Provider;
  clock: Clock;
  fetch: Fetch | undefined;
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
        ...hints({ config, signIn, provider }, person.objectId),
        ...demands(person.stepUp, provider, await metadataOf(provider)),
      });
      return url.href;
    },
    tokens: async (query, secrets, tenantId) =>
      exchangeCode(
        await clientFor(tenantId),
        new URL(`${redirectUri}?${query.toString()}`),
        secrets,
      ),
    async refresh(refreshToken, tenantId) {
      try {
        const client = await clientFor(tenantId);
        const tokens = tokensOf(await oidc.refreshTokenGrant(client, refreshToken));
        if (tokens !== undefined) return tokens;
      } catch (cause) {
        const code = isEnd(cause) ? 'session_refresh_refused' : 'session_refresh_unavailable';
        throw identityError(code, { cause });
      }
      throw identityError('session_refresh_refused', { about: 'no_id_token' });
    },
    async revoke(refreshToken, tenantId) {
      const { document } = await metadataOf(provider);
      if (typeof own(document, 'revocation_endpoint') !== 'string') return;
      const hint = { token_type_hint: 'refresh_token' };
      await oidc.tokenRevocation(await clientFor(tenantId), refreshToken, hint);
    },
  };
}

async function exchangeCode(
  client: oidc.Configuration,
  callback: URL,
  { state, nonce, verifier }: AttemptSecrets,
): Promise<SignInTokens> {
  try {
    const given = await oidc.authorizationCodeGrant(client, callback, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    const tokens = tokensOf(given);
    if (tokens !== undefined) return tokens;
  } catch (cause) {
    const code = isRefusal(cause) ? 'sign_in_refused' : 'sign_in_unavailable';
    throw identityError(code, { cause });
  }
  throw identityError('sign_in_refused', { about: 'no_id_token' });
}

/**
 * Hints for the sign-in page. Entra shows the account picker, because the browser may be signed in
 * with another account than Teams. (Its login_hint needs a user name, which Teams does not send;
 * the local provider takes an object id.) Others ignore `offline_access` without prompt=consent
 * (OpenID Connect Core 11).
 */
function hints(
  {
    config,
    signIn,
    provider,
  }: {
    config: Config;
    signIn: NonNullable<Config['teams']['signIn']>;
    provider: Provider;
  },
  objectId: string,
): Record<string, string> {
  if (provider.config.kind === 'entra') return { prompt: 'select_account' };
  return {
    ...(signIn.scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
    ...(config.profile === 'local' ? { login_hint: objectId } : {}),
  };
}

/**
 * Asks for a step-up: `acr_values`, `max_age`, and the claims request (OpenID Connect Core 3.1.2.1,
 * 5.5.1.1) where supported. At Entra only the claims request asks for an authentication context.
 */
function demands(
  stepUp: StepUp | null,
  provider: Provider,
  { document }: ProviderMetadata,
): Record<string, string> {
  if (stepUp === null) return {};
  const { acr, amr, maxAgeMs } = stepUp;
  const entra = provider.config.kind === 'entra';
  const wanted = (values: readonly string[]) => ({ essential: true, values });
  const claims = {
    ...(acr === null ? {} : { [entra ? 'acrs' : 'acr']: wanted(acr) }),
    ...(amr === null ? {} : { amr: wanted(amr) }),
    ...(maxAgeMs === null ? {} : { auth_time: { essential: true } }),
  };
  const takesClaims = entra || own(document, 'claims_parameter_supported') === true;
  return {
    ...(acr === null ? {} : { acr_values: acr.join(' ') }),
    ...(maxAgeMs === null ? {} : { max_age: String(Math.floor(maxAgeMs / 1_000)) }),
    // No parameter asks for a method alone, and an old sign-in may lack it: ask for a new one.
    ...(amr !== null && acr === null && maxAgeMs === null ? { max_age: '0' } : {}),
    ...(takesClaims ? { claims: JSON.stringify({ id_token: claims }) } : {}),
  };
}

function tokensOf(given: oidc.TokenEndpointResponse): SignInTokens | undefined {
  const { id_token: idToken, refresh_token: refreshToken } = given;
  return idToken === undefined ? undefined : { idToken, refreshToken: refreshToken ?? null };
}

/** Token endpoint errors after which the person must sign in again. */
const ENDS = ['invalid_grant', 'interaction_required', 'login_required', 'consent_required'];

function isEnd(error: unknown): boolean {
  return error instanceof oidc.ResponseBodyError && ENDS.includes(error.error);
}

async function metadataOf(provider: Provider): Promise<ProviderMetadata> {
  try {
    return await provider.keys.metadata();
  } catch (cause) {
    throw identityError('sign_in_unavailable', { cause });
  }
}

/** The client of `teams.signIn`, with a discovery document already fetched. */
export function createSignInClientConfiguration(given: {
  document: JsonObject;
  tenantId: string;
  parts: IdentityParts;
}): oidc.Configuration {
  const {
    document,
    tenantId,
    parts: { config, clock, fetch },
  } = given;
  const { signIn } = config.teams;
  if (signIn === null) throw identityError('sign_in_off');
  const text = (name: string) => String(own(document, name) ?? '');
  return configuration({
    config,
    signIn,
    tenantId,
    clock,
    fetch,
    metadata: { issuer: text('issuer'), jwksUri: text('jwks_uri'), document },
  });
}

function configuration(options: {
  config: Config;
  signIn: NonNullable<Config['teams']['signIn']>;
  metadata: ProviderMetadata;
  tenantId: string;
  clock: Clock;
  fetch: Fetch | undefined;
}): oidc.Configuration {
  const { signIn, metadata, tenantId, clock } = options;
  const allowHttp = options.config.profile === 'local';
  const methods = own(metadata.document, 'token_endpoint_auth_methods_supported');
  // RFC 8414 2: without a list of methods, client_secret_basic is the default.
  const basic = !Array.isArray(methods) || methods.includes('client_secret_basic');
  const client = new oidc.Configuration(
    { ...metadata.document, issuer: fillTenant(metadata.issuer, tenantId) },
    signIn.clientId,
    {
      // Our clock may follow the database's; openid-client reads the machine's.
      [oidc.clockSkew]: Math.round((clock.now() - systemClock.now()) / 1_000),
      [oidc.clockTolerance]: 30,
    },
    clientAuth(signIn.clientSecret, basic),
  );
  const wire = boundedFetch(options.fetch, { ...PROVIDER_LIMITS, allowHttp });
  client[oidc.customFetch] = async (url, init) => {
    const response = await wire(url, init as RequestInit);
    // openid-client would report a malformed response, which counts as a refusal.
    if (response.status >= 500) throw new Error(`the provider answered ${response.status}`);
    return response;
  };
  if (allowHttp) oidc.allowInsecureRequests(client);
  return client;
}

/** Client authentication; a public client uses PKCE alone (RFC 9700 2.1.1). */
function clientAuth(secret: string | null, basic: boolean): oidc.ClientAuth {
  if (secret === null) return oidc.None();
  return basic ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret);
}

/** Whether the provider, or a check of its response, refused. Otherwise it was unreachable. */
function isRefusal(error: unknown): boolean {
  if (error instanceof IdentityError) return true;
  if (error instanceof oidc.AuthorizationResponseError) return true;
  if (error instanceof oidc.ResponseBodyError) return true;
  // The response to a client that failed basic authentication.
  if (error instanceof oidc.WWWAuthenticateChallengeError) return true;
  const code = error instanceof oidc.ClientError ? error.code : undefined;
  return code !== undefined && code !== 'OAUTH_TIMEOUT' && code !== 'OAUTH_ABORT';
}
