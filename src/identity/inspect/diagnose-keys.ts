import { describeError } from '../../lib/logger.ts';
import { fetchJson } from '../../net/bounded-fetch.ts';
import type { Fetch } from '../../net/bounded-fetch.ts';
import type { Findings } from './finding.ts';
import { readKeyDocument } from '../issuer-keys/key-document.ts';
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
    document = await fetchJson(given.fetch, given.jwksUri);
    keys = readKeyDocument(document, new Map());
  } catch (error) {
    findings.fail(
      'keys',
      describeError(error).slice(0, 300),
      'the provider must publish signing keys (use=sig, with kid, RSA of 2048 bits or more, EC ' +
        'or Ed25519) at its jwks_uri',
    );
    return;
  }
  // Its form was checked when it was read.
  const { keys: all } = document as { keys: readonly unknown[] };
  const left = all.map(whyLeftOut).filter((why) => why !== undefined);
  const summary = `${keys.size} usable of ${all.length}: ${[...keys.keys()].join(', ').slice(0, 200)}`;
  const lost = all.length - keys.size;
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
  await checkAlgorithms(findings, given, keys);
  if (given.endorsement !== null) checkEndorsement(findings, keys, given.endorsement);
}

async function checkAlgorithms(
  findings: Findings,
  { document, algorithms }: KeyExpectation,
  keys: KeySet,
): Promise<void> {
  const usable: string[] = [];
  for (const alg of algorithms) {
    const ready = await Promise.all(
      [...keys.values()].map(async (key) => (await key.forAlgorithm(alg)) !== undefined),
    );
    if (ready.includes(true)) usable.push(alg);
  }
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
  const count = [...keys.values()].filter((key) => key.endorsements.includes(channel)).length;
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
  const kid = own(key, 'kid');
  const use = own(key, 'use');
  if (use === 'enc') return 'for encryption';
  if (use !== undefined && use !== 'sig') return `use ${String(use).slice(0, 20)}`;
  if (typeof kid !== 'string' || kid === '') return 'without kid';
  if (own(key, 'kty') === 'oct') return 'symmetric';
  if (Object.hasOwn(key, 'd')) return 'with its private part';
  return undefined;
}
