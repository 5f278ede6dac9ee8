import type { Administration } from '../domain/people/administration.ts';
import type { Workflow } from '../domain/workflow/workflow.ts';

/** `local` relaxes http, loopback and demo people; `serve` refuses it by name. */
export type Profile = 'production' | 'local';

/** Everything that the house is told, checked as a whole and frozen. Durations in ms. */
export interface Config {
  readonly profile: Profile;
  readonly server: {
    /** Where people's browsers and Teams reach the service, without a trailing slash. */
    readonly publicUrl: string;
    readonly host: string;
    readonly port: number;
  };
  readonly store:
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'sqlserver'; readonly connectionString: string };
  readonly teams: TeamsConfig;
  readonly identity: {
    readonly issuers: readonly IssuerConfig[];
    /** Roles that a role brings with it, directly; cycles are refused at start. */
    readonly implies: Readonly<Record<string, readonly string[]>>;
    /** DPoP proofs must carry a nonce of ours. */
    readonly dpopNonce?: boolean;
    /** Identities of one person that an administrator linked. */
    readonly links?: readonly (readonly LinkedIdentity[])[];
    /** Absent: every click signs in. */
    readonly session?: SessionConfig;
  };
  readonly administration: Administration;
  readonly channels: Readonly<Record<string, ChannelConfig>>;
  readonly workflows: readonly Workflow[];
  readonly executors: Readonly<Record<string, WebhookExecutorConfig>>;
  readonly signing: {
    /** At least 32 bytes; keys of our own are derived from it or stored encrypted under it. */
    readonly secret: string;
  };
  readonly audit: {
    /** The name of this log in checkpoints. */
    readonly origin: string;
    readonly sealEveryMs: number;
  };
}

/** How long a sign-in by the button carries over clicks. */
export interface SessionConfig {
  /** Without a click for this long, the session has ended. */
  readonly idleMs: number;
  /** It ends this long after the sign-in, whatever happens. */
  readonly absoluteMs: number;
  /** How old claims may be at a click before they are fetched again. */
  readonly maxClaimAgeMs: number;
  /** A click moves the idle limit; else it is counted from the sign-in. */
  readonly sliding: boolean;
}

export interface TeamsConfig {
  readonly appId: string;
  readonly appType: 'SingleTenant' | 'UserAssignedMSI';
  /** The tenant of the bot's own app registration. */
  readonly tenantId: string;
  readonly credential:
    | { readonly kind: 'secret'; readonly secret: string }
    | {
        readonly kind: 'certificate';
        readonly thumbprintSha256: string;
        readonly privateKey: string;
      }
    | { readonly kind: 'managedIdentity'; readonly clientId: string };
  /** Tenants whose people may use the bot. */
  readonly allowedTenants: readonly string[];
  readonly cloud: {
    /** `iss` of channel tokens. */
    readonly issuer: string;
    /** OpenID metadata of channel tokens. */
    readonly metadataUrl: string;
    /** Token endpoint base for the bot's own tokens, such as https://login.microsoftonline.com. */
    readonly loginUrl: string;
    readonly scope: string;
    /** Hosts (with port where not 443) of service URLs; `*.` at the start stands for one label. */
    readonly serviceUrlHosts: readonly string[];
  };
  readonly singleSignOn: {
    readonly enabled: boolean;
    /** Provider id (identity.issuers) whose tokens Teams hands out. */
    readonly issuer: string;
    readonly connectionName: string;
    /** The token exchange resource, `api://botid-…`. */
    readonly resource: string;
    readonly audiences: readonly string[];
    /** Client ids of Teams that may bring the tokens (`azp` / `appid`). */
    readonly clients: readonly string[];
    readonly scope: string;
  };
  /** The sign-in button's provider; null: single sign-on only. */
  readonly signIn: {
    readonly issuer: string;
    readonly clientId: string;
    /** Null: a public client, whose only proof is PKCE. */
    readonly clientSecret: string | null;
    readonly scopes: readonly string[];
  } | null;
}

export interface IssuerConfig {
  /** The provider id, part of every principal's key. */
  readonly id: string;
  readonly kind: 'entra' | 'oidc';
  /** Exact `iss`; for Entra may hold `{tenantid}`. */
  readonly issuer: string;
  /** Where keys are found; default: the issuer's discovery document. */
  readonly discoveryUrl: string;
  readonly use: readonly ('people' | 'workloads')[];
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  /** How old a token may be, from `iat`. */
  readonly maxAgeMs: number;
  readonly clockToleranceMs: number;
  /** Tenants that are trusted (Entra); empty for providers without tenants. */
  readonly tenants: readonly string[];
  /** From claims to roles: a value of the claim gives a role. No `map`: the value is the role. */
  readonly roles: readonly {
    readonly claim: string;
    readonly map: Readonly<Record<string, readonly string[]>> | null;
    /** Tenants whose tokens it reads; left out: the issuer has one tenant, or none. */
    readonly tenants?: readonly string[];
  }[];
  /** Claims that rules may use. */
  readonly claims: readonly string[];
  /** Claims that name the person as Teams knows them; null where the provider has none. */
  readonly teams: { readonly objectIdClaim: string; readonly tenantClaim: string } | null;
  /** The claim that holds the display name. */
  readonly nameClaim: string;
  /** Claims that are part of a workload's key beside its subject, as names can be taken over. */
  readonly keyClaims?: readonly string[];
  /** The claim that names the human who started a workload. */
  readonly actorClaim?: string;
  /** Where groups are looked up that a token does not list (Entra's overage). */
  readonly groupLookup?: GroupLookupConfig;
}

/** Microsoft Graph, asked with a registration of its own or the bot's. */
export interface GroupLookupConfig {
  /** Such as https://graph.microsoft.com. */
  readonly graphUrl: string;
  /** Where its tokens come from, such as https://login.microsoftonline.com. */
  readonly loginUrl: string;
  /** The registration that asks, whose app roles a look at roles before running reads. */
  readonly clientId: string;
  /** A managed identity asks as itself, in its own tenant. */
  readonly credential: TeamsConfig['credential'];
  /** `person`: on behalf of the person where there is an access token; else as the application. */
  readonly as: 'application' | 'person';
  /** From claims to the properties of Graph's users that hold the same; left out: none. */
  readonly claims?: Readonly<Record<string, string>>;
}

/** One identity of a link, by what its tokens say. */
export type LinkedIdentity = { readonly issuer: string } & (
  | { readonly tenant: string; readonly objectId: string }
  | { readonly subject: string }
  /** What `actorClaim` holds in the tokens of workloads that the person started. */
  | { readonly actor: string }
);

export interface ChannelConfig {
  readonly tenantId: string;
  readonly teamId: string;
  readonly channelId: string;
  readonly serviceUrl: string;
}

export interface WebhookExecutorConfig {
  readonly kind: 'webhook';
  readonly url: string;
  /** Standard Webhooks secret, `whsec_…`. */
  readonly secret: string;
  /** The reference that the secret came by (`${env:NAME}`), for the configuration hash. */
  readonly secretRef: string;
  readonly timeoutMs: number;
  /** The target drops repeats of one `webhook-id`, so that sending again is safe. */
  readonly idempotent: boolean;
  readonly maxAttempts: number;
  /** Hosts or CIDR ranges that may be private addresses. */
  readonly allowPrivate: readonly string[];
}
