import type { Config, IssuerConfig } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { isKnownAlgorithm } from './tokens/algorithms.ts';
import { PROVIDER_LIMITS, boundedFetch } from '../net/bounded-fetch.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { identityError } from './codes.ts';
import { KeySource } from './issuer-keys/jwks.ts';

const TEMPLATE = '{tenantid}';
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The Microsoft clouds by their login hosts. */
const CLOUDS: ReadonlyMap<string, string> = new Map([
  ['login.microsoftonline.com', 'public'],
  ['login.windows.net', 'public'],
  ['sts.windows.net', 'public'],
  ['login.microsoftonline.us', 'usgov'],
  ['login.partner.microsoftonline.cn', 'china'],
  ['login.chinacloudapi.cn', 'china'],
]);

/** A configured issuer with its keys. */
export interface Provider {
  readonly config: IssuerConfig;
  readonly keys: KeySource;
  readonly algorithms: ReadonlySet<string>;
  readonly audiences: ReadonlySet<string>;
  readonly tenants: ReadonlySet<string>;
  /** Name of the Microsoft cloud; empty except at Entra. Part of a person's key. */
  readonly cloud: string;
}

/** The configured issuers. */
export interface Providers {
  /** The provider with exactly this `iss`. @throws IdentityError. */
  ofIssuer(iss: string): Provider;
  /** By its id in the configuration. */
  get(id: string): Provider | undefined;
  list(): readonly Provider[];
}

export interface IdentityParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: Node's own fetch. */
  readonly fetch?: Fetch;
}

/**
 * Creates the configured issuers. An Entra issuer with `{tenantid}` accepts exactly the issuers of
 * its tenants; no pattern is matched against a token.
 *
 * @throws Error where two issuers have the same `iss`, or one is our own address.
 */
export function createProviders(parts: IdentityParts): Providers {
  const byIssuer = new Map<string, Provider>();
  const byId = new Map<string, Provider>();
  const { issuers } = parts.config.identity;
  const ourselves = parts.config.server.publicUrl;
  for (const config of issuers) {
    // Prefix of the keys of Entra principals (principal.ts).
    if (config.id === 'entra' && config.kind !== 'entra') {
      throw new Error('identity.issuers: the id "entra" is for an issuer of that kind');
    }
    const provider = createProvider(config, parts);
    byId.set(config.id, provider);
    for (const iss of tokenIssuersOf(config)) {
      if (byIssuer.has(iss))
        throw new Error(`identity.issuers: two of them have the issuer ${iss}`);
      if (isOurs(iss, ourselves)) throw new Error(`identity.issuers: ${iss} is our own address`);
      byIssuer.set(iss, provider);
    }
  }
  return {
    get: (id) => byId.get(id),
    list: () => [...byId.values()],
    ofIssuer(iss) {
      const provider = byIssuer.get(iss);
      if (provider !== undefined) return provider;
      if (isOurs(iss, ourselves)) throw identityError('token_own_issuer');
      if (issuers.some((config) => isOtherTenant(config, iss))) {
        throw identityError('token_tenant_not_allowed');
      }
      throw identityError('token_issuer_unknown');
    },
  };
}

/** The issuer's address for one tenant. */
export function fillTenant(issuer: string, tenant: string): string {
  return issuer.replaceAll(TEMPLATE, tenant);
}

/** Whether a string is a lower-case GUID, as Entra writes tenant and object ids. */
export function isGuid(text: string): boolean {
  return GUID.test(text);
}

/** The issuers that a discovery document may name; at Entra also the template. */
export function discoveryIssuersOf(config: IssuerConfig): readonly string[] {
  return config.tenants.length === 1 ? [config.issuer, ...issuersOf(config)] : [config.issuer];
}

/** The bounded fetch for everything that providers serve. */
export function providerFetch(parts: { config: Config; fetch?: Fetch | undefined }): Fetch {
  return boundedFetch(parts.fetch, {
    ...PROVIDER_LIMITS,
    allowHttp: parts.config.profile === 'local',
    proxy: parts.config.server.proxy,
  });
}

function createProvider(config: IssuerConfig, parts: IdentityParts): Provider {
  const { clock, log } = parts;
  const fetch = providerFetch(parts);
  const unknown = config.algorithms.find((alg) => !isKnownAlgorithm(alg));
  if (unknown !== undefined) throw new Error(`${config.id}: unknown algorithm ${unknown}`);
  return {
    config,
    keys: new KeySource({
      name: config.id,
      discoveryUrl: config.discoveryUrl,
      issuers: discoveryIssuersOf(config),
      clock,
      log,
      fetch,
    }),
    algorithms: new Set(config.algorithms),
    audiences: new Set(config.audiences),
    tenants: new Set(config.tenants.map((tenant) => tenant.toLowerCase())),
    cloud: config.kind === 'entra' ? cloudOf(config.discoveryUrl) : '',
  };
}

function issuersOf(config: IssuerConfig): readonly string[] {
  if (!config.issuer.includes(TEMPLATE)) return [config.issuer];
  if (config.kind !== 'entra') {
    throw new Error(`${config.id}: only Entra issuers hold ${TEMPLATE}`);
  }
  return config.tenants.map((tenant) => fillTenant(config.issuer, tenant.toLowerCase()));
}

/** Every `iss` of its tokens; ADFS has another one in access tokens. */
function tokenIssuersOf(config: IssuerConfig): ReadonlySet<string> {
  const { accessTokenIssuer } = config;
  return new Set([
    ...issuersOf(config),
    ...(accessTokenIssuer === undefined ? [] : [accessTokenIssuer]),
  ]);
}

function isOtherTenant({ issuer }: IssuerConfig, iss: string): boolean {
  const [head, tail, more] = issuer.split(TEMPLATE);
  if (head === undefined || tail === undefined || more !== undefined) return false;
  if (!iss.startsWith(head) || !iss.endsWith(tail)) return false;
  return isGuid(iss.slice(head.length, iss.length - tail.length));
}

function isOurs(iss: string, publicUrl: string): boolean {
  return iss === publicUrl || iss === `${publicUrl}/`;
}

/** Issuers of v1 and v2 have different host names; the login host is the same. */
function cloudOf(discoveryUrl: string): string {
  const host = new URL(discoveryUrl).hostname;
  return CLOUDS.get(host) ?? host;
}
