import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { findingsOf } from '../identity/inspect/finding.ts';
import type { Finding } from '../identity/inspect/finding.ts';
import { describeError } from '../lib/logger.ts';
import { shownProxy } from '../net/proxy-route.ts';
import type { CommandIo } from './command.ts';

/** How calls leave the machine: the proxy, and the private certificate authority. */
export function examineNetwork(
  { audit, server, executors }: Pick<Config, 'audit' | 'server' | 'executors'>,
  { env }: Pick<CommandIo, 'env'>,
): readonly Finding[] {
  const { list, ok, warn, fail } = findingsOf('network');
  const { proxy = null } = server;
  ok('proxy', proxy ? `${shownProxy(proxy.url)}, not for ${proxy.noProxy.length} entries` : 'none');
  const { witness } = audit;
  const proxied = [
    ...Object.keys(executors)
      .filter((name) => executors[name]?.section['proxy'] === true)
      .map((name) => `executor ${name}`),
    ...(witness?.kind === 'https' && witness.proxy ? ['the witness'] : []),
  ];
  for (const target of proxy ? proxied : []) {
    warn(
      'address guard',
      `off for ${target}, whose name the proxy looks up`,
      'let the proxy keep private addresses out of reach, or remove proxy: true',
    );
  }
  const { NODE_EXTRA_CA_CERTS: file } = env;
  if (!file) return list;
  try {
    const { subject } = new X509Certificate(readFileSync(file));
    ok('certificate authority', `${file}: ${subject.replaceAll('\n', ', ')}`);
  } catch (error) {
    // Node goes on without the file, and every certificate of that authority is refused.
    fail(
      'certificate authority',
      `${file}: ${describeError(error).slice(0, 200)}`,
      'set NODE_EXTRA_CA_CERTS to a PEM file that the service may read',
    );
  }
  return list;
}
