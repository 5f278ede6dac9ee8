import type { Administration } from '../domain/people/administration.ts';
import type { Workflow } from '../domain/workflow/workflow.ts';
import type { OperatorPages } from './operator-pages.ts';
import type { ProxyConfig } from './proxy-section.ts';
import type { ConfigInput } from './schema.ts';
import type { LinkedInput, RoleShapeInput, SessionInput } from './schema-identity.ts';
import type { CloudInput, LookupCredentialInput } from './schema-teams.ts';

/** `local` allows http, loopback and demo people; `serve` runs `production` only. */
export type Profile = 'production' | 'local';

/** The whole configuration, checked and frozen. Durations in ms. */
export interface Config {
  readonly profile: Profile;
  readonly server: Readonly<Omit<ConfigInput['server'], 'pages' | 'proxy'>> & {
    /** The proxy for calls out of this machine; null or absent: none. */
    readonly proxy?: ProxyConfig | null;
    /** Pages with the operator's own text; absent: ours. */
    readonly pages?: OperatorPages;
  };
  readonly store: Readonly<ConfigInput['store']>;
  readonly teams: TeamsConfig;
  readonly identity: {
    readonly issuers: readonly IssuerConfig[];
    /** Roles that a role implies directly; the start refuses cycles. */
    readonly implies: Readonly<Record<string, readonly string[]>>;
    /** DPoP proofs must have a nonce of this service. */
    readonly dpopNonce?: boolean;
    /** Identities of one person that an administrator linked. */
    readonly links?: readonly (readonly LinkedIdentity[])[];
    /** Absent: every click signs in. */
    readonly session?: SessionConfig | undefined;
  };
  readonly administration: Administration;
  readonly channels: Readonly<Record<string, ChannelConfig>>;
  readonly workflows: readonly Workflow[];
  readonly executors: Readonly<Record<string, ExecutorConfig>>;
  /** What one principal, and one issuer, may use of each process. */
  readonly limits: Readonly<ConfigInput['limits']>;
  readonly signing: Readonly<ConfigInput['signing']>;
  readonly audit: {
    /** The name of this log in checkpoints. */
    readonly origin: string;
    readonly sealEveryMs: number;
    /** Where each checkpoint is kept outside the store; absent: nowhere. */
    readonly witness?: Readonly<NonNullable<ConfigInput['audit']['witness']>>;
  };
}

/** What countersign.yaml alone says. */
export type Settings = Omit<Config, 'workflows'>;

/** How long one sign-in is valid for clicks. */
export type SessionConfig = Readonly<SessionInput>;

export interface TeamsConfig {
  readonly appId: string;
  readonly appType: 'SingleTenant' | 'UserAssignedMSI';
  /** The tenant of the bot's own app registration. */
  readonly tenantId: string;
  readonly credential: Credential;
  /** Tenants whose people may use the bot. */
  readonly allowedTenants: readonly string[];
  readonly cloud: Readonly<CloudInput>;
  readonly singleSignOn: {
    readonly enabled: boolean;
    /** Provider id (identity.issuers) of single sign-on tokens. */
    readonly issuer: string;
    readonly connectionName: string;
    /** The token exchange resource, `api://botid-…`. */
    readonly resource: string;
    readonly audiences: readonly string[];
    /** Client ids of Teams that may get the tokens (`azp` / `appid`). */
    readonly clients: readonly string[];
    readonly scope: string;
  };
  /** The sign-in button's provider; null: single sign-on only. */
  readonly signIn: {
    readonly issuer: string;
    readonly clientId: string;
    /** Null: a public client, with PKCE only. */
    readonly clientSecret: string | null;
    /** Left out: a secret is sent as the provider lists it, else PKCE alone. */
    readonly clientAuth?: 'basic' | 'post' | 'private_key_jwt' | null;
    /** The key of `private_key_jwt`. */
    readonly clientKey?: {
      /** PEM, PKCS #8 or the older forms. */
      readonly privateKey: string;
      readonly keyId: string | null;
      /** Of the certificate, 64 hex digits; how Entra finds the key. */
      readonly thumbprintSha256: string | null;
      /** Null: by the key; RS256 for RSA. */
      readonly algorithm: 'RS256' | 'PS256' | null;
      /** Null: the token endpoint at Entra, the issuer elsewhere. */
      readonly audience: 'issuer' | 'token_endpoint' | null;
    } | null;
    readonly scopes: readonly string[];
  } | null;
}

/** How a registration proves itself at Entra. Paths are absolute. */
export type Credential =
  | Readonly<Exclude<LookupCredentialInput, { kind: 'federated' }>>
  | {
      readonly kind: 'federated';
      /** Exactly one of the two is given. */
      readonly tokenFile: string | null;
      /** Client id of a managed identity. */
      readonly managedIdentity: string | null;
      /** What a managed identity's token is for. */
      readonly audience: string;
    };

export interface IssuerConfig {
  /** The provider id, part of every principal's key. */
  readonly id: string;
  readonly kind: 'entra' | 'oidc';
  /** Exact `iss`; for Entra may hold `{tenantid}`. */
  readonly issuer: string;
  /** Address of the discovery document; default: that of the issuer. */
  readonly discoveryUrl: string;
  readonly use: readonly ('people' | 'workloads')[];
  readonly audiences: readonly string[];
  /** `client_id`: names the audience of access tokens without `aud`; default `aud`. */
  readonly audienceClaim?: 'client_id' | undefined;
  /** What `aud` of an ID token may name beside our client. */
  readonly furtherAudiences?: readonly string[] | undefined;
  /** The `iss` of access tokens where it is not the discovery document's (ADFS). */
  readonly accessTokenIssuer?: string | undefined;
  readonly algorithms: readonly string[];
  /** Maximum age of a token since `iat`. */
  readonly maxAgeMs: number;
  readonly clockToleranceMs: number;
  /** Tenants that are trusted (Entra); empty for providers without tenants. */
  readonly tenants: readonly string[];
  /** Maps claim values to roles. Without `map` the value is the role. */
  readonly roles: readonly {
    /** The claim's name; of a path, its names joined by dots. */
    readonly claim: string;
    /** The names on the way to the claim; absent where `claim` is one name. */
    readonly path?: readonly string[] | undefined;
    /** How the claim is written; default `list`: one text or a list of texts. */
    readonly shape?: RoleShapeInput | undefined;
    /** With `keys`: a key counts only where its object has one of these members. */
    readonly organizations?: readonly string[] | undefined;
    readonly map: Readonly<Record<string, readonly string[]>> | null;
    /** Tenants to which the mapping applies; absent when the issuer has one tenant, or none. */
    readonly tenants?: readonly string[] | undefined;
  }[];
  /** Claims that rules may use. */
  readonly claims: readonly string[];
  /** Claims with the person's object id and tenant in Teams; null when the provider has none. */
  readonly teams: { readonly objectIdClaim: string; readonly tenantClaim: string } | null;
  /** The claim that holds the display name. */
  readonly nameClaim: string;
  /** Claims that are part of a workload's key besides the subject, whose name can be taken over. */
  readonly keyClaims?: readonly string[];
  /** The claim that numbers the attempts of a run, from 1; later ones were started by anybody. */
  readonly attemptClaim?: string | undefined;
  /** The claim that names the person who started a workload. */
  readonly actorClaim?: string | undefined;
  /** How agents are told from people; left out: `claims`, by the facets of a token. */
  readonly agents?: 'claims' | 'graph' | 'ignore' | undefined;
  /** Look-up of groups that a token does not list (Entra's group overage). */
  readonly groupLookup?: GroupLookupConfig | undefined;
}

/** Access to Microsoft Graph, with its own registration or the bot's. */
export interface GroupLookupConfig {
  /** Such as https://graph.microsoft.com. */
  readonly graphUrl: string;
  /** Base address of its token endpoint, such as https://login.microsoftonline.com. */
  readonly loginUrl: string;
  /** Client id of the registration; rechecks before an execution read its app roles. */
  readonly clientId: string;
  /** A managed identity asks as itself, in its own tenant. */
  readonly credential: TeamsConfig['credential'];
  /** `person`: on behalf of the person when there is an access token, else as the application. */
  readonly as: 'application' | 'person';
  /** Maps claims to the user properties in Graph with the same value; absent: none. */
  readonly claims?: Readonly<Record<string, string>>;
}

/** One identity of a link, as its tokens identify it. */
export type LinkedIdentity = Readonly<LinkedInput>;

export interface ChannelConfig {
  readonly tenantId: string;
  readonly teamId: string;
  readonly channelId: string;
  readonly serviceUrl: string;
}

/** One executor: the section of its kind, checked by that kind's schema. */
export interface ExecutorConfig {
  readonly kind: string;
  readonly section: Readonly<Record<string, unknown>>;
  /** For each secret its reference (`${env:NAME}`), for the configuration hash. */
  readonly secretRefs: Readonly<Record<string, string>>;
}
