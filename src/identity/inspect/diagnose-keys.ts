import { describeError } from '../../lib/logger.ts';
import { JWKS_TYPES, fetchJson } from '../../net/bounded-fetch.ts';
import type { Fetch } from '../../net/bounded-fetch.ts';
import { networkAdvice } from '../../net/failure-advice.ts';
import type { Findings } from './finding.ts';
import { NO_KEYS, readKeyDocument } from '../issuer-keys/key-document.ts';
import type { KeySet } from '../issuer-keys/key-document.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** What a provider's keys are checked against. */
export interface KeyExpectation {
  readonly jwksUri: string;
  readonly document: JsonObject;
  readonly algorithms: readonly string[];
  /** A channel that some key must be endorsed for; null for none. */
  readonly endorsement: string | null;
  readonly fetch: Fetch;
}

/**
 * Fetches a provider's keys. Reports which are left out and why, and whether the keys fit the
 * configured algorithms.
 */
export async function diagnoseKeys(findings: Findings, given: KeyExpectation): Promise<void> {
  let document: unknown;
  let keys: KeySet;
  try {
    document = await fetchJson(given.fetch, given.jwksUri, JWKS_TYPES);
    keys = readKeyDocument(document, NO_KEYS);
  } catch (error) {
    findings.fail(
      'keys',
      describeError(error).slice(0, 300),
      networkAdvice(error) ??
        'the provider must publish signing keys (use=sig, RSA of 2048 bits or more, EC ' +
          'or Ed25519) at its jwks_uri',
    );
    return;
  }
  // Its form was checked when it was read.
  const { keys: all } = document as { keys: readonly unknown[] };
  const left = all.map(whyLeftOut).filter((why) => why !== undefined);
  const names = keys.all.map(({ kid }) => kid ?? 'one without kid').join(', ');
  const summary = `${keys.all.length} usable of ${all.length}: ${names.slice(0, 200)}`;
  const lost = all.length - keys.all.length;
  if (lost === 0) findings.ok('keys', summary);
  else if (left.every((why) => why === 'for encryption') && left.length === lost) {
    findings.ok('keys', `${summary}; the others are for encryption`);
  } else {
    findings.warn(
      'keys',
      `${summary}; left out: ${[...new Set(left)].join(', ') || 'weak or duplicate'}`,
      'tokens signed with a key that is left out are refused: have the provider fix it',
    );
  }
  checkKeyIds(findings, given, keys);
  checkAlgorithms(findings, given, keys);
  if (given.endorsement !== null) checkEndorsement(findings, keys, given.endorsement);
}

/** A key without an id is taken only where no other key fits the token's algorithm. */
function checkKeyIds(findings: Findings, { algorithms }: KeyExpectation, keys: KeySet): void {
  const unclear = algorithms.filter((alg) => {
    const fitting = keys.all.filter((key) => key.fits(alg));
    return fitting.length > 1 && fitting.some((key) => !keys.byId.has(key.kid ?? ''));
  });
  if (unclear.length === 0) return;
  findings.warn(
    'key ids',
    `several keys for ${unclear.join(', ')}, and not each with a kid of its own`,
    'tokens of the keys without one are refused (token_key_ambiguous): have the provider name them',
  );
}

function checkAlgorithms(
  findings: Findings,
  { document, algorithms }: KeyExpectation,
  keys: KeySet,
): void {
  const usable = algorithms.filter((alg) => keys.all.some((key) => key.fits(alg)));
  const configured = algorithms.join(', ');
  if (usable.length === 0) {
    findings.fail(
      'algorithms',
      `no published key can be used with ${configured}`,
      "name the provider's algorithm under algorithms of this issuer",
    );
    return;
  }
  const listed = own(document, 'id_token_signing_alg_values_supported');
  const supported = Array.isArray(listed) ? listed.map(String) : undefined;
  const other = supported !== undefined && !algorithms.some((alg) => supported.includes(alg));
  const idle = algorithms.filter((alg) => !usable.includes(alg));
  if (other) {
    findings.warn(
      'algorithms',
      `configured ${configured}; the provider lists ` + supported.join(', '),
      'name one of those under algorithms of this issuer',
    );
  } else if (idle.length > 0) {
    findings.warn(
      'algorithms',
      `no key for ${idle.join(', ')}`,
      'remove algorithms that the provider does not use',
    );
  } else findings.ok('algorithms', configured);
}

function checkEndorsement(findings: Findings, keys: KeySet, channel: string): void {
  const count = keys.all.filter((key) => key.endorsements.includes(channel)).length;
  if (count > 0) findings.ok('endorsements', `${count} keys may speak for ${channel}`);
  else {
    findings.fail(
      'endorsements',
      `no key is endorsed for ${channel}`,
      "check teams.cloud: Teams' activities would all be refused",
    );
  }
}

/** Why a key cannot be used, as far as its own members show. */
function whyLeftOut(key: unknown): string | undefined {
  if (!isJsonObject(key)) return 'not an object';
  const use = own(key, 'use');
  if (use === 'enc') return 'for encryption';
  if (use !== undefined && use !== 'sig') return `use ${String(use).slice(0, 20)}`;
  if (own(key, 'kty') === 'oct') return 'symmetric';
  if (Object.hasOwn(key, 'd')) return 'with its private part';
  return undefined;
}
