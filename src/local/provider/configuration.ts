/** The configuration of panva's oidc-provider for the local profile. */
import type { AdapterFactory, Configuration, JWKS, KoaContextWithOIDC } from 'oidc-provider';
import { systemIds } from '../../lib/ids.ts';
import type { Json, Person } from '../world.ts';
import {
  personAccessToken,
  personClaims,
  subjectOf,
  workloadAccessToken,
  type Subjects,
} from './claims.ts';
import type { SigningKeys } from './keys.ts';
import { messagePage } from './page.ts';
import { acrValues, signInPolicy } from './policy.ts';
import { resourceServer } from './resources.ts';

const HOUR_SECONDS = 3_600;
const CLAIMS = [
  'sub',
  'oid',
  'tid',
  'name',
  'preferred_username',
  'department',
  'roles',
  'ver',
  'uti',
  'acr',
  'amr',
  'auth_time',
];

const LIFETIMES = {
  AccessToken: HOUR_SECONDS,
  ClientCredentials: HOUR_SECONDS,
  IdToken: HOUR_SECONDS,
  AuthorizationCode: 60,
  Grant: 24 * HOUR_SECONDS,
  RefreshToken: 24 * HOUR_SECONDS,
  Interaction: 900,
  Session: 8 * HOUR_SECONDS,
};

const FEATURES: Configuration['features'] = {
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  rpInitiatedLogout: { enabled: false },
  revocation: {
    enabled: true,
    allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
  },
  clientCredentials: { enabled: true },
  resourceIndicators: {
    enabled: true,
    defaultResource: (_ctx, _client, oneOf) => oneOf ?? [],
    getResourceServerInfo: (_ctx, resource, client) => resourceServer(resource, client.clientId),
  },
};

/** The parts that the configuration uses. */
export interface ConfigurationParts {
  readonly issuer: string;
  readonly people: readonly Person[];
  readonly cookieKeys: readonly string[];
  readonly keys: SigningKeys;
  readonly storage: AdapterFactory;
  readonly subjects: Subjects;
  /** Claims of the demo pipeline besides its own. */
  readonly pipeline: Json;
  now(): number;
}

/**
 * The configuration. It sets every default that the provider warns of: no built-in interaction
 * pages, our own storage, keys, lifetimes and cookies.
 */
export function providerConfiguration(parts: ConfigurationParts): Configuration {
  const personOf = (id: string) => parts.people.find((person) => person.id === id);
  return {
    adapter: parts.storage,
    jwks: { keys: [...parts.keys] } as JWKS,
    clientDefaults: { token_endpoint_auth_method: 'client_secret_basic' },
    acrValues,
    claims: {
      openid: [...CLAIMS, ...ownClaims(parts.people)],
      profile: ['name', 'preferred_username'],
    },
    scopes: ['openid', 'profile', 'offline_access'],
    rotateRefreshToken: true,
    // Claims go into the id_token: the service does not call the userinfo endpoint.
    conformIdTokenClaims: false,
    subjectTypes: ['pairwise'],
    pairwiseIdentifier: (_ctx, accountId, client) =>
      subjectOf(parts.subjects, personOf(accountId)?.oid ?? accountId, client.clientId),
    pkce: { required: () => true },
    cookies: {
      keys: parts.cookieKeys,
      names: {
        session: 'local_idp_session',
        interaction: 'local_idp_interaction',
        resume: 'local_idp_resume',
      },
    },
    clientBasedCORS: () => false,
    ttl: LIFETIMES,
    features: FEATURES,
    interactions: {
      policy: signInPolicy(parts.people),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    loadExistingGrant: grantEverythingAsked,
    findAccount(_ctx, id) {
      const person = personOf(id);
      if (person === undefined) return undefined;
      const claims = () => ({ sub: id, uti: systemIds.secret(16), ...personClaims(person) });
      return { accountId: id, claims };
    },
    formats: { customizers: { jwt: accessTokenCustomizer(parts) } },
    renderError(ctx, out) {
      ctx.type = 'html';
      const { error, error_description: description } = out;
      ctx.body = messagePage('Sign-in did not work', `${description ?? error} (${error})`);
    },
  };
}

function ownClaims(people: readonly Person[]): string[] {
  return [...new Set(people.flatMap(({ claims = {} }) => Object.keys(claims)))];
}

type JwtCustomizer = NonNullable<
  NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']
>;

// Replaces the claims of RFC 9068 by those of Entra ID, which production must read.
function accessTokenCustomizer(parts: ConfigurationParts): JwtCustomizer {
  return (_ctx, token, jwt) => {
    const frame = {
      issuer: parts.issuer,
      audience: String(token.aud),
      clientId: token.clientId ?? '',
      tokenId: token.jti,
      nowMs: parts.now(),
      subjects: parts.subjects,
    };
    jwt.header = { typ: 'JWT' };
    if (token.kind === 'AccessToken') {
      const person = parts.people.find(({ id }) => id === token.accountId);
      if (person === undefined) throw new Error('the person of this token is gone');
      jwt.payload = personAccessToken(frame, person);
      return;
    }
    jwt.payload = workloadAccessToken(frame, parts.pipeline);
  };
}

// Demo people need no consent page: an administrator consented for the organization.
async function grantEverythingAsked(ctx: KoaContextWithOIDC) {
  const { client, session, params, provider } = ctx.oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(typeof params?.scope === 'string' ? params.scope : 'openid');
  await grant.save();
  return grant;
}
