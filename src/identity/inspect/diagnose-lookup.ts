import { describeError } from '../../lib/logger.ts';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';
import { createGraphWays } from '../group-lookup.ts';
import type { IdentityParts } from '../providers.ts';

/** An issuer may have a hundred tenants; the registration is the same in all of them. */
const MAX_TENANTS = 10;

/** Checks that each tenant accepts the registration for group lookups. */
export async function diagnoseLookups({
  config,
  fetch,
}: Pick<IdentityParts, 'config' | 'fetch'>): Promise<readonly Finding[]> {
  const ways = createGraphWays(fetch);
  const asked = config.identity.issuers.flatMap((issuer) => {
    const way = ways({ config: issuer });
    return way === undefined
      ? []
      : issuer.tenants.slice(0, MAX_TENANTS).map((tenant) => ({ issuer, tenant, way }));
  });
  const found = await Promise.all(
    asked.map(async ({ issuer, tenant, way }) => {
      const findings = findingsOf(`issuer ${issuer.id}`);
      try {
        await way.tokens.application(tenant);
        findings.ok('group lookup', `a token for Microsoft Graph in ${tenant}`);
      } catch (error) {
        findings.fail(
          'group lookup',
          `${tenant}: ${describeError(error).slice(0, 300)}`,
          'check groupLookup.clientId and credential (a secret may have expired), and that an ' +
            'administrator of that tenant has consented',
        );
      }
      return findings.list;
    }),
  );
  return found.flat();
}
