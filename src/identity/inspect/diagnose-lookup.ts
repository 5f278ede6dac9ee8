import { describeError } from '../../lib/logger.ts';
import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';
import { networkAdvice } from '../../net/failure-advice.ts';
import type { Directory } from '../../usecases/ports/directory.ts';
import type { IdentityParts } from '../providers.ts';

/** An issuer may have a hundred tenants; the registration is the same in all of them. */
const MAX_TENANTS = 10;

/** Checks that each tenant accepts the registration for group lookups. */
export async function diagnoseLookups({
  config,
  directory,
}: Pick<IdentityParts, 'config'> & { directory: Pick<Directory, 'knows' | 'logIn'> }): Promise<
  readonly Finding[]
> {
  const asked = config.identity.issuers
    .filter(({ id }) => directory.knows(id))
    .flatMap(({ id, tenants }) => tenants.slice(0, MAX_TENANTS).map((tenant) => ({ id, tenant })));
  const found = await Promise.all(
    asked.map(async ({ id, tenant }) => {
      const findings = findingsOf(`issuer ${id}`);
      try {
        await directory.logIn({ issuer: id, tenant });
        findings.ok('group lookup', `a token for Microsoft Graph in ${tenant}`);
      } catch (error) {
        findings.fail(
          'group lookup',
          `${tenant}: ${describeError(error).slice(0, 300)}`,
          networkAdvice(error) ??
            'check groupLookup.clientId and credential (a secret may have expired), and that an ' +
              'administrator of that tenant has consented',
        );
      }
      return findings.list;
    }),
  );
  return found.flat();
}
