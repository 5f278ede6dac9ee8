import { isIP } from 'node:net';
import type { SectionFinding } from '../../config/executor-section.ts';
import { describeError } from '../../lib/logger.ts';
import { createAddressPolicy, isInternalName } from '../../net/addresses.ts';
import type { AddressPolicy } from '../../net/addresses.ts';
import { unbracketed } from '../../net/unbracketed.ts';
import type { WebhookSection } from './webhook-section.ts';

/** What is known to fail of a webhook's target before it is called. */
export function checkWebhookSection({
  url,
  allowPrivate,
}: Pick<WebhookSection, 'url' | 'allowPrivate'>): readonly SectionFinding[] {
  const findings: SectionFinding[] = [];
  allowPrivate.forEach((entry, at) => {
    try {
      createAddressPolicy([entry]);
    } catch (error) {
      const expected = `a host name, an address or a CIDR range (${describeError(error)})`;
      const key = ['allowPrivate', at];
      findings.push({ severity: 'problem', key, rule: 'wrong_value', found: entry, expected });
    }
  });
  if (findings.length > 0) return findings;
  const host = unbracketed(URL.parse(url)?.hostname ?? '');
  const severity = severityOf(host, createAddressPolicy(allowPrivate), allowPrivate);
  if (severity === undefined) return [];
  const expected =
    `allowPrivate: [${JSON.stringify(host)}] beside it, if this private target is meant: ` +
    'without it no call is made';
  return [{ severity, key: ['url'], rule: 'private_target', found: url, expected }];
}

/** An address is refused for sure; a private name only where no range allows its address. */
function severityOf(
  host: string,
  policy: AddressPolicy,
  allowPrivate: readonly string[],
): SectionFinding['severity'] | undefined {
  if (isIP(host) !== 0) return policy.allows(host, host) ? undefined : 'problem';
  return isInternalName(host) && allowPrivate.length === 0 ? 'warning' : undefined;
}
