/** Keys of principals: whatever a provider writes into its ids, two identities never share a key. */
import type { IssuerConfig } from '../../src/config/config.ts';
import type { PrincipalKind } from '../../src/domain/people/principal.ts';
import { createProviders } from '../../src/identity/providers.ts';
import { principalOf } from '../../src/identity/tokens/principal.ts';
import { IdentityError } from '../../src/usecases/ports/identity-error.ts';
import { sha256 } from '../../src/lib/hash.ts';
import { API, AMARA, TENANT, configOf, log, turnableClock } from '../unit/identity/kit.ts';
import type { Claims } from '../unit/identity/kit.ts';

const clock = turnableClock();
const LONG = 'x'.repeat(400);
/** Ids that meet under a separator, a prefix or a digest. */
const IDS = [
  'a',
  'b',
  'a|b',
  'b|a',
  '|',
  'a|',
  '|a',
  'public',
  `${TENANT}|${AMARA}`,
  AMARA,
  'actor:ci|a',
];
const SUBJECTS = [...IDS, LONG, `sha256:${sha256(LONG)}`, `a|sha256:${sha256(LONG)}`];

const issuer = (id: string, over: Partial<IssuerConfig>): IssuerConfig => ({
  id,
  kind: 'oidc',
  issuer: `https://${id}.example`,
  discoveryUrl: `https://${id}.example/.well-known/openid-configuration`,
  use: ['people', 'workloads'],
  audiences: [API],
  algorithms: ['RS256'],
  maxAgeMs: 3_600_000,
  clockToleranceMs: 30_000,
  tenants: [],
  roles: [],
  claims: [],
  teams: null,
  nameClaim: 'name',
  ...over,
});
const config = configOf([
  issuer('entra', {
    kind: 'entra',
    tenants: [TENANT],
    teams: { objectIdClaim: 'oid', tenantClaim: 'tid' },
  }),
  issuer('a', { teams: { objectIdClaim: 'oid', tenantClaim: 'tid' } }),
  issuer('b', {}),
  issuer('ci', { keyClaims: ['owner', 'repository'] }),
]);
const providers = createProviders({ config, clock, log });

/** The key of an identity; undefined where its token is refused. */
function keyOf(id: string, kind: PrincipalKind, claims: Claims): string | undefined {
  const provider = providers.get(id);
  if (provider === undefined) throw new Error(`no issuer ${id}`);
  const token = { alg: 'RS256', kid: 'k', typ: null, claims, signedText: 's', text: 's.s' };
  const times = { issuedAt: 0, expiresAt: 0 };
  const checked = { token, provider, kind, agent: false, times, audience: API };
  try {
    return principalOf(checked, { implied: (role) => [role], links: new Map() }).key;
  } catch (error) {
    if (error instanceof IdentityError) return undefined;
    throw error;
  }
}

test('no two identities share a key', () => {
  const identities = new Map<string, string>();
  const met: string[] = [];
  const add = (id: string, kind: PrincipalKind, about: Claims, claims: Claims) => {
    const key = keyOf(id, kind, { iss: `https://${id}.example`, ...claims });
    if (key === undefined) return;
    const identity = JSON.stringify([id, about]);
    if ((identities.get(key) ?? identity) !== identity) met.push(key);
    identities.set(key, identity);
  };
  for (const sub of SUBJECTS) {
    add('b', 'person', { sub }, { sub });
    add('b', 'workload', { sub }, { sub });
    add('a', 'workload', { sub }, { sub });
    for (const owner of IDS) {
      for (const repository of IDS) {
        const claims = { sub, owner, repository };
        add('ci', 'workload', claims, claims);
      }
    }
  }
  for (const tid of [...IDS, TENANT]) {
    for (const oid of IDS) {
      for (const id of ['entra', 'a']) add(id, 'person', { tid, oid }, { sub: 's', tid, oid });
    }
  }
  expect(met).toEqual([]);
  expect(identities.size).toBeGreaterThan(200);
});
