import { describeError } from '../../lib/logger.ts';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';
import { createGraphWays } from '../group-lookup.ts';
import type { IdentityParts } from '../providers.ts';

/** An issuer may have a hundred; the registration is the same in all of them. */
const MAX_TENANTS = 10;

/** Whether the registrations that look groups up are let in, in each tenant. */
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
        findings.ok('group look-up', `a token for Microsoft Graph in ${tenant}`);
      } catch (error) {
        findings.fail(
          'group look-up',
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
