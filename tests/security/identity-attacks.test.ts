/**
 * The attack suite on tokens; every row names its source. The tables are in attacks/. Those of
 * keys, sign-in, single sign-on and channel tokens run in the test files with their fixtures.
 */
import { inspectToken } from '../../src/identity/inspect/inspect-token.ts';
import { codeOf } from '../unit/identity/kit.ts';
import { attacks, isSource } from './attacks/attack.ts';
import { channelAttacks } from './attacks/channel-attacks.ts';
import {
  audienceAttacks,
  issuerAttacks,
  tenantAttacks,
  timeAttacks,
} from './attacks/claim-attacks.ts';
import { endpointAttacks } from './attacks/endpoint-attacks.ts';
import { discoveryAttacks, keyDocumentAttacks } from './attacks/key-attacks.ts';
import { applicationAttacks, claimShapeAttacks, kindAttacks } from './attacks/kind-attacks.ts';
import { callbackAttacks, cookieAttacks, idTokenAttacks } from './attacks/sign-in-attacks.ts';
import { singleSignOnAttacks } from './attacks/single-sign-on-attacks.ts';
import {
  algorithmNameAttacks,
  encryptionAttacks,
  formatAttacks,
  keyUseAttacks,
  typeAttacks,
  untrustedHeaderAttacks,
} from './attacks/successor-attacks.ts';
import {
  algorithmAttacks,
  encodingAttacks,
  headerAttacks,
  jsonAttacks,
  keyIdAttacks,
  splicedAttacks,
} from './attacks/token-attacks.ts';
import { startTokenWorld } from './attacks/token-world.ts';
import type { TokenWorld } from './attacks/token-world.ts';

const BEARER = {
  algorithms: algorithmAttacks,
  'key ids': keyIdAttacks,
  headers: headerAttacks,
  encodings: encodingAttacks,
  JSON: jsonAttacks,
  'spliced tokens': splicedAttacks,
  issuers: issuerAttacks,
  audiences: audienceAttacks,
  times: timeAttacks,
  'tenants and people': tenantAttacks,
  'kinds of token': kindAttacks,
  'shapes of claims': claimShapeAttacks,
  applications: applicationAttacks,
  'algorithm names': algorithmNameAttacks,
  'key uses': keyUseAttacks,
  'encryption and nesting': encryptionAttacks,
  serialisations: formatAttacks,
  types: typeAttacks,
  'untrusted headers': untrustedHeaderAttacks,
} as const;
const ELSEWHERE = {
  'key documents': keyDocumentAttacks,
  discovery: discoveryAttacks,
  callbacks: callbackAttacks,
  cookies: cookieAttacks,
  'ID tokens': idTokenAttacks,
  'single sign-on': singleSignOnAttacks,
  endpoints: endpointAttacks,
  'channel tokens': channelAttacks,
} as const;

let world: TokenWorld;
beforeAll(async () => {
  world = await startTokenWorld();
});
afterAll(() => world.stop());

test('accepts the token that every row modifies', async () => {
  const judged = world.verifier.verify(await world.good(), { kind: 'bearer' });
  expect(await codeOf(judged)).toBe('accepted');
});

describe.each(Object.entries(BEARER))('%s', (_area, rows) => {
  test.each(rows)('$attack: $refusedAs ($source)', async ({ refusedAs, of }) => {
    const token = await of(world);
    expect(await codeOf(world.verifier.verify(token, { kind: 'bearer' }))).toBe(refusedAs);
    // `countersign token inspect` must report the same check.
    const { verifier } = world;
    const report = await inspectToken(token, { verifier, purpose: { kind: 'bearer' } });
    expect(report.verdict.accepted ? 'accepted' : report.verdict.code).toBe(refusedAs);
    const failed = report.checks.filter(({ result }) => result === 'fail');
    if (refusedAs === 'accepted') expect(failed).toEqual([]);
    else expect(failed.map(({ code }) => code)).toContain(refusedAs);
  });
});

test.each(endpointAttacks)(
  'at the wrong endpoint, $attack: $refusedAs ($source)',
  async ({ refusedAs, of: { purpose, make } }) => {
    expect(await codeOf(world.verifier.verify(await make(world), purpose))).toBe(refusedAs);
  },
);

describe('the suite itself', () => {
  const all = Object.entries({ ...BEARER, ...ELSEWHERE }).flatMap(([area, rows]) =>
    rows.map(({ attack, source, refusedAs }) => ({ area, attack, source, refusedAs })),
  );

  test('has at least 300 distinct refused attacks, each with a source', () => {
    const refused = all.filter(({ refusedAs }) => refusedAs !== 'accepted');
    expect(refused.length).toBeGreaterThanOrEqual(300);
    expect(all.filter(({ source }) => !isSource(source))).toEqual([]);
    const names = all.map(({ area, attack }) => `${area}: ${attack}`);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  test('cites every kind of source', () => {
    const cited = all.map(({ source }) => source).join('; ');
    for (const kind of [
      'RFC 8725 ',
      'draft-ietf-oauth-rfc8725bis ',
      'RFC 9068 ',
      'RFC 9207 ',
      'RFC 9449 ',
      'RFC 9700 ',
      'OpenID Connect Core ',
      'OpenID Connect Discovery ',
      'ASVS 5.0 V9.',
      'ASVS 5.0 V10.',
      'CVE-',
    ]) {
      expect(cited).toContain(kind);
    }
  });

  test('rejects a row without a source or with an unknown one', () => {
    expect(() => attacks([['x', 'refused', null]])).toThrow(/"x" names no source/);
    expect(() => attacks([['x', 'refused', null, 'common sense']])).toThrow(/no source/);
    for (const bad of ['', 'RFC 8725', 'CVE-1', 'ASVS 5.0', 'RFC 8725 3.1; a blog']) {
      expect(isSource(bad)).toBe(false);
    }
    expect(isSource('RFC 8725 3.1; CVE-2018-0114')).toBe(true);
  });
});
