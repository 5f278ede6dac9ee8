import type { IssuerConfig } from '../../config/config.ts';
import { describeError } from '../../lib/logger.ts';
import { createBotCredentials } from '../bot-credentials.ts';
import { networkAdvice } from '../../net/failure-advice.ts';
import { fetchJson } from '../../net/bounded-fetch.ts';
import type { Fetch } from '../../net/bounded-fetch.ts';
import { diagnoseKeys } from './diagnose-keys.ts';
import { diagnoseLookups } from './diagnose-lookup.ts';
import { diagnoseSignIn } from './diagnose-sign-in.ts';
import { findingsOf } from './finding.ts';
import type { Finding, Findings } from './finding.ts';
import type { Directory } from '../../usecases/ports/directory.ts';
import { discoveryIssuersOf, providerFetch } from '../providers.ts';
import type { IdentityParts } from '../providers.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** A larger skew deserves a warning, although tokens still pass (ms). */
const SKEW_WARN_MS = 5_000;
/** The Date header has whole seconds. */
const DATE_STEP_MS = 1_000;

/** A source of keys: a configured issuer, or Bot Framework's channel. */
interface Source {
  readonly name: string;
  readonly url: string;
  readonly issuers: readonly string[];
  readonly algorithms: readonly string[];
  readonly toleranceMs: number;
  readonly endorsement: string | null;
  /** Of access tokens, where it is another one. */
  readonly accessTokenIssuer?: string | undefined;
}

/**
 * Checks every provider in parallel, with the service's own bounded fetch: discovery, keys, clocks,
 * the sign-in client, and the logins of the bot and of group lookups. Never throws for a failed
 * check, and changes nothing.
 */
export async function diagnoseIdentity(
  parts: IdentityParts & { directory: Pick<Directory, 'knows' | 'logIn'> },
): Promise<readonly Finding[]> {
  const { identity, teams } = parts.config;
  const sources = [
    ...identity.issuers.map(sourceOf),
    {
      name: 'channel bot-framework',
      url: teams.cloud.metadataUrl,
      issuers: [teams.cloud.issuer],
      algorithms: ['RS256'],
      toleranceMs: 5 * 60_000,
      endorsement: 'msteams',
    },
  ];
  const found = await Promise.all([
    ...sources.map((source) => diagnoseSource(source, parts)),
    diagnoseBotLogin(parts),
    diagnoseLookups(parts),
  ]);
  return found.flat();
}

function sourceOf(issuer: IssuerConfig): Source {
  return {
    name: `issuer ${issuer.id}`,
    url: issuer.discoveryUrl,
    issuers: discoveryIssuersOf(issuer),
    algorithms: issuer.algorithms,
    toleranceMs: issuer.clockToleranceMs,
    endorsement: null,
    accessTokenIssuer: issuer.accessTokenIssuer,
  };
}

async function diagnoseSource(source: Source, parts: IdentityParts): Promise<readonly Finding[]> {
  const findings = findingsOf(source.name);
  const wire = watched(providerFetch(parts), parts);
  checkAddress(findings, 'https', source.url, parts);
  const document = await checkDiscovery(findings, source, wire.fetch);
  if (document === undefined) return findings.list;
  checkAccessTokenIssuer(findings, source, document);
  checkSkew(findings, source, wire.skewMs());
  const jwksUri = own(document, 'jwks_uri');
  if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) {
    findings.fail(
      'jwks_uri',
      `${String(jwksUri)}`,
      'the provider must publish jwks_uri; check ' +
        'that discoveryUrl leads to its OpenID configuration',
    );
  } else {
    checkAddress(findings, 'jwks_uri', jwksUri, parts);
    await diagnoseKeys(findings, { ...source, jwksUri, document, fetch: wire.fetch });
  }
  await diagnoseSignIn(findings, { name: source.name, document, parts });
  return findings.list;
}

function checkAddress(
  findings: Findings,
  check: string,
  address: string,
  { config }: IdentityParts,
): void {
  const { protocol } = new URL(address);
  if (protocol === 'https:') findings.ok(check, address);
  else if (config.profile === 'local' && protocol === 'http:') {
    findings.ok(check, `${address} (http is allowed in the local profile)`);
  } else findings.fail(check, address, 'only https is allowed: configure an https address');
}

async function checkDiscovery(
  findings: Findings,
  source: Source,
  fetch: Fetch,
): Promise<JsonObject | undefined> {
  let document: unknown;
  try {
    document = await fetchJson(fetch, source.url);
  } catch (error) {
    findings.fail(
      'reachable',
      describeError(error).slice(0, 300),
      networkAdvice(error) ?? 'check the address (discoveryUrl or issuer): this is no discovery',
    );
    return undefined;
  }
  if (!isJsonObject(document)) {
    findings.fail('reachable', `${source.url} is not a JSON object`, 'check discoveryUrl');
    return undefined;
  }
  findings.ok('reachable', source.url);
  const issuer = own(document, 'issuer');
  const named = typeof issuer === 'string' ? issuer : 'no issuer';
  if (source.issuers.includes(named)) findings.ok('issuer', named);
  else {
    findings.fail(
      'issuer',
      `the provider's issuer is ${named.slice(0, 300)}`,
      `configure exactly that (a trailing slash counts), not ${source.issuers.join(', ')}`,
    );
  }
  return document;
}

/** ADFS names the `iss` of its access tokens in a member of its own. */
function checkAccessTokenIssuer(
  findings: Findings,
  { issuers, accessTokenIssuer }: Source,
  document: JsonObject,
): void {
  const named = own(document, 'access_token_issuer');
  if (typeof named !== 'string' || issuers.includes(named)) return;
  if (named === accessTokenIssuer) findings.ok('access_token_issuer', named);
  else {
    findings.warn(
      'access_token_issuer',
      `access tokens have the issuer ${named.slice(0, 300)}`,
      `to accept them at /v1, add accessTokenIssuer: ${named.slice(0, 300)} to this issuer`,
    );
  }
}

/** Tokens carry the provider's time and are checked by our clock. */
function checkSkew(findings: Findings, source: Source, skewMs: number | undefined): void {
  if (skewMs === undefined) {
    findings.warn('clock', 'the provider sends no Date header', 'compare the clocks by hand');
    return;
  }
  const summary = `${Math.round(skewMs / 1_000)} s apart (of the provider's Date header)`;
  const change = "synchronise this machine's clock with a time server (NTP)";
  if (Math.abs(skewMs) > Math.max(source.toleranceMs, DATE_STEP_MS)) {
    findings.fail('clock', summary, `${change}: fresh tokens are refused`);
  } else if (Math.abs(skewMs) > SKEW_WARN_MS) findings.warn('clock', summary, change);
  else findings.ok('clock', summary);
}

async function diagnoseBotLogin(parts: IdentityParts): Promise<readonly Finding[]> {
  const { clock, config } = parts;
  const findings = findingsOf('bot');
  try {
    const { expiresAt } = await createBotCredentials(parts).token();
    const minutes = Math.round((expiresAt - clock.now()) / 60_000);
    findings.ok('login', `a token for ${config.teams.cloud.scope}, good for ${minutes} min`);
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    findings.fail(
      'login',
      describeError(cause).slice(0, 300),
      networkAdvice(error) ??
        'check teams.appId, teams.tenantId and teams.credential (a secret may have expired)',
    );
  }
  return findings.list;
}

/** A fetch that also measures the skew between the response's Date and our clock. */
function watched(fetch: Fetch, { clock }: IdentityParts) {
  let skew: number | undefined;
  return {
    skewMs: () => skew,
    fetch: (async (url, init) => {
      const askedMs = clock.now();
      const response = await fetch(url, init);
      const date = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(date)) {
        // The header is truncated to seconds; half a second is the best estimate.
        skew ??= date + DATE_STEP_MS / 2 - (askedMs + clock.now()) / 2;
      }
      return response;
    }) satisfies Fetch,
  };
}
