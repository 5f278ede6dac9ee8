import * as oidc from 'openid-client';
import type { Config } from '../../config/config.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { Fetch } from '../../net/bounded-fetch.ts';
import { identityError } from '../codes.ts';
import type { IdentityCode } from '../codes.ts';
import type { ProviderMetadata } from '../issuer-keys/discovery.ts';
import { fillTenant, providerFetch } from '../providers.ts';
import type { Provider } from '../providers.ts';
import { clientAuthOf } from './client-auth.ts';
import type { Verifier } from '../tokens/verify-token.ts';
import { own, textOf } from '../../lib/strict-json.ts';
import { AS_SIGNED, readableAnswer } from './readable-answer.ts';
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

/** Our client of the authorization code flow at the provider of the sign-in button. */
export interface SignInClient {
  readonly signIn: NonNullable<Config['teams']['signIn']>;
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

interface ClientOptions {
  readonly config: Config;
  readonly signIn: SignInClient['signIn'];
  readonly provider: Provider;
  readonly clock: Clock;
  readonly fetch?: Fetch | undefined;
}

/**
 * The flow with openid-client: code with PKCE S256 (RFC 7636), state, nonce, and `iss` (RFC 9207)
 * where the provider supports it. Metadata comes from our own discovery, with its limits and cache.
 * Undefined if no sign-in is configured.
 *
 * All but `refresh` throw IdentityError `sign_in_refused` or `sign_in_unavailable`.
 *
 * @throws Error at once where teams.signIn names an unknown issuer.
 */
export function createSignInClient(
  parts: Pick<ClientOptions, 'config' | 'clock' | 'fetch'> & { verifier: Verifier },
): SignInClient | undefined {
  const { signIn } = parts.config.teams;
  if (signIn === null) return undefined;
  const provider = parts.verifier.providers.get(signIn.issuer);
  if (provider === undefined) {
    throw new Error(`teams.signIn.issuer: no identity issuer has the id "${signIn.issuer}"`);
  }
  return clientOf({ ...parts, signIn, provider });
}

function clientOf(options: ClientOptions): SignInClient {
  const { config, signIn, provider } = options;
  const redirectUri = `${config.server.publicUrl}/auth/callback`;
  const clientFor = async (tenantId: string) =>
    clientConfiguration(options, { document: await metadataOf(provider), tenantId });
  return {
    signIn,
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
        ...hints(options, person.objectId),
        ...demands(person.stepUp, provider, await metadataOf(provider)),
      });
      return url.href;
    },
    async tokens(query, { state, nonce, verifier }, tenantId) {
      const client = await clientFor(tenantId);
      const callback = new URL(`${redirectUri}?${query.toString()}`);
      const grant = oidc.authorizationCodeGrant(client, callback, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const codes = { refused: 'sign_in_refused', unavailable: 'sign_in_unavailable' } as const;
      return tokensOf(grant, { ...codes, isRefusal });
    },
    refresh: (refreshToken, tenantId) =>
      tokensOf(
        clientFor(tenantId).then((client) => oidc.refreshTokenGrant(client, refreshToken)),
        {
          refused: 'session_refresh_refused',
          unavailable: 'session_refresh_unavailable',
          isRefusal: isEnd,
        },
      ),
    async revoke(refreshToken, tenantId) {
      const metadata = await metadataOf(provider);
      if (typeof own(metadata, 'revocation_endpoint') !== 'string') return;
      const hint = { token_type_hint: 'refresh_token' };
      await oidc.tokenRevocation(await clientFor(tenantId), refreshToken, hint);
    },
  };
}

/** The tokens of a grant; an answer without an ID token is a refusal. @throws IdentityError. */
async function tokensOf(
  grant: Promise<oidc.TokenEndpointResponse>,
  codes: {
    refused: IdentityCode;
    unavailable: IdentityCode;
    isRefusal: (error: unknown) => boolean;
  },
): Promise<SignInTokens> {
  const given = await grant.catch((cause: unknown) => {
    const code = codes.isRefusal(cause) ? codes.refused : codes.unavailable;
    throw identityError(code, { cause });
  });
  const { refresh_token: refreshToken = null } = given;
  const idToken = textOf(given[AS_SIGNED], Infinity) ?? given.id_token;
  if (idToken === undefined) throw identityError(codes.refused, { about: 'no_id_token' });
  return { idToken, refreshToken };
}

/**
 * Hints for the sign-in page. Entra shows the account picker, because the browser may be signed in
 * with another account than Teams. (Its login_hint needs a user name, which Teams does not send;
 * the local provider takes an object id.) Others ignore `offline_access` without prompt=consent
 * (OpenID Connect Core 11).
 */
function hints(
  { config, signIn, provider }: ClientOptions,
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
  metadata: ProviderMetadata,
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
  const takesClaims = entra || own(metadata, 'claims_parameter_supported') === true;
  return {
    ...(acr === null ? {} : { acr_values: acr.join(' ') }),
    ...(maxAgeMs === null ? {} : { max_age: String(Math.floor(maxAgeMs / 1_000)) }),
    // No parameter asks for a method alone, and an old sign-in may lack it: ask for a new one.
    ...(amr !== null && acr === null && maxAgeMs === null ? { max_age: '0' } : {}),
    ...(takesClaims ? { claims: JSON.stringify({ id_token: claims }) } : {}),
  };
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

/** openid-client's view of our client, with a discovery document already fetched. */
export function clientConfiguration(
  options: Omit<ClientOptions, 'provider'>,
  { document, tenantId }: { document: JsonObject; tenantId: string },
): oidc.Configuration {
  const { config, signIn, clock } = options;
  const issuer = config.identity.issuers.find(({ id }) => id === signIn.issuer);
  const client = new oidc.Configuration(
    { ...document, issuer: fillTenant(String(own(document, 'issuer') ?? ''), tenantId) },
    signIn.clientId,
    {
      // Our clock may follow the database's; openid-client reads the machine's.
      [oidc.clockSkew]: Math.round((clock.now() - systemClock.now()) / 1_000),
      [oidc.clockTolerance]: 30,
    },
    clientAuthOf(signIn, { document, entra: issuer?.kind === 'entra' }),
  );
  const wire = providerFetch(options);
  client[oidc.customFetch] = async (url, init) => {
    const response = await wire(url, init as RequestInit);
    // openid-client would report a malformed response, which counts as a refusal.
    if (response.status >= 500) throw new Error(`the provider answered ${response.status}`);
    return readableAnswer(response);
  };
  if (config.profile === 'local') oidc.allowInsecureRequests(client);
  return client;
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
