import { isIP } from 'node:net';
import type { Settings } from './config.ts';
import type { ExecutorSection } from './executor-section.ts';
import { checkPlaceholders } from './placeholders.ts';
import { formatPath } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { valueAt } from './known-keys.ts';
import { reportTo } from './report.ts';
import type { Report as AnyReport } from './report.ts';
import type { YamlSource } from './yaml-source.ts';

/** Tenant and bot of the local profile's demo people: never trusted in production. */
export const DEMO_IDS: readonly string[] = [
  '7f0a9d52-3c41-4f86-9a1e-5b2d8c64e013',
  'c0de51a7-9b34-4e02-8f6d-2a7c1e95b840',
];

/** The rules of production that the local profile relaxes. */
export const PRODUCTION_RULES = [
  'production_http_public_url',
  'production_http_issuer',
  'production_http_cloud',
  'production_http_webhook',
  'production_http_witness',
  'production_http_service_url',
  'production_loopback_host',
  'production_demo_tenant',
  'production_short_secret',
  'production_placeholder',
] as const;

type Rule = (typeof PRODUCTION_RULES)[number];
type Report = AnyReport<Rule>;

const MIN_SECRET_BYTES = 32;

/** Reports what only the local profile may have. */
export function checkProduction(
  source: YamlSource,
  config: Settings,
  kinds: readonly ExecutorSection[],
): { problems: readonly Problem[]; warnings: readonly Problem[] } {
  const problems: Problem[] = [];
  const report: Report = reportTo(problems, source);
  const { server, teams, signing } = config;
  checkUrl(report, ['server', 'publicUrl'], server.publicUrl, 'production_http_public_url');
  checkIssuers(config, report);
  for (const key of ['metadataUrl', 'loginUrl'] as const) {
    checkUrl(report, ['teams', 'cloud', key], teams.cloud[key], 'production_http_cloud');
  }
  teams.cloud.serviceUrlHosts.forEach((host, at) =>
    checkHost(report, ['teams', 'cloud', 'serviceUrlHosts', at], host),
  );
  for (const [name, { serviceUrl }] of Object.entries(config.channels)) {
    const path = ['channels', name, 'serviceUrl'];
    if (serviceUrl !== '') checkUrl(report, path, serviceUrl, 'production_http_service_url');
  }
  for (const [name, { kind, section }] of Object.entries(config.executors)) {
    for (const key of kinds.find((one) => one.kind === kind)?.addresses ?? []) {
      const url = String(section[key] ?? '');
      checkUrl(report, ['executors', name, key], url, 'production_http_webhook');
    }
  }
  const { witness } = config.audit;
  if (witness?.kind === 'https') {
    checkUrl(report, ['audit', 'witness', 'url'], witness.url, 'production_http_witness');
  }
  checkDemo(config, report);
  const warnings: Problem[] = [];
  checkPlaceholders(source, { report, warn: reportTo(warnings, source) });
  if (Buffer.byteLength(signing.secret) < MIN_SECRET_BYTES) {
    report(
      ['signing', 'secret'],
      'production_short_secret',
      signing.secret,
      `at least ${MIN_SECRET_BYTES} bytes, such as from \`openssl rand -base64 48\``,
    );
  }
  return { problems, warnings: [...warnings, ...warningsOf(source, config)] };
}

function checkIssuers(config: Settings, report: Report): void {
  config.identity.issuers.forEach((issuer, at) => {
    const path = ['identity', 'issuers', at];
    const plain = issuer.issuer.replaceAll('{tenantid}', 'tenant');
    checkUrl(report, [...path, 'issuer'], plain, 'production_http_issuer');
    checkUrl(report, [...path, 'discoveryUrl'], issuer.discoveryUrl, 'production_http_issuer');
    const { graphUrl } = issuer.groupLookup ?? {};
    if (graphUrl !== undefined) {
      checkUrl(report, [...path, 'groupLookup', 'graphUrl'], graphUrl, 'production_http_cloud');
    }
  });
}

function checkDemo(config: Settings, report: Report): void {
  const { teams, identity } = config;
  const expected = 'your own tenant and bot (this one belongs to the local profile)';
  const check = (path: Path, id: string) => {
    if (DEMO_IDS.includes(id)) report(path, 'production_demo_tenant', id, expected);
  };
  check(['teams', 'appId'], teams.appId);
  check(['teams', 'tenantId'], teams.tenantId);
  teams.allowedTenants.forEach((id, at) => check(['teams', 'allowedTenants', at], id));
  identity.issuers.forEach((issuer, at) => {
    for (const id of issuer.tenants) check(['identity', 'issuers', at, 'tenant'], id);
  });
}

function checkUrl(report: Report, path: Path, text: string, rule: Rule): void {
  if (!URL.canParse(text)) return;
  const url = new URL(text);
  if (url.protocol !== 'https:') report(path, rule, text, 'https');
  checkHost(report, path, url.host);
}

function checkHost(report: Report, path: Path, host: string): void {
  if (!isLoopback(host)) return;
  report(path, 'production_loopback_host', host, 'a host other than this machine');
}

/** Whether a host (with or without port) is this machine. */
function isLoopback(host: string): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIP(name) === 4) return name.startsWith('127.') || name === '0.0.0.0';
  return isIP(name) === 6 && (name === '::1' || name === '::' || name.startsWith('::ffff:7f'));
}

/** Whether a part of the path is long and of letters and digits, as no person would name it. */
function hasSecretPath(text: string): boolean {
  const parts = URL.parse(text)?.pathname.split('/') ?? [];
  return parts.some((part) => /^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_-]{20,}$/.test(part));
}

function warningsOf(source: YamlSource, config: Settings): Problem[] {
  const warnings: Problem[] = [];
  const warn = (path: Path, rule: string, found: string, expected: string) =>
    warnings.push({ ...source.at(path), rule, path: formatPath(path), found, expected });
  const { witness } = config.audit;
  if (config.store.kind === 'sqlite') {
    warn(
      ['store', 'kind'],
      'sqlite_in_production',
      'sqlite',
      'sqlserver for more than one replica (SQLite serves one process on one disk)',
    );
  }
  for (const [name, { section }] of Object.entries(config.executors)) {
    const { url, displayName } = section;
    if (displayName !== undefined || !hasSecretPath(String(url ?? ''))) continue;
    warn(
      ['executors', name, 'url'],
      'secret_in_address',
      'a path that looks like a secret, and that cards and the audit log show',
      'a displayName, which is shown in its place',
    );
  }
  warnOfProxy(config, warn);
  const secrets: Path[] = [
    ['signing', 'secret'],
    ...Object.entries(config.executors).flatMap(([name, { secretRefs }]) =>
      Object.keys(secretRefs).map((key) => ['executors', name, key]),
    ),
    ...(URL.parse(String(valueAt(source.data, PROXY_URL)))?.password ? [PROXY_URL] : []),
    ...(config.teams.credential.kind === 'secret' ? [['teams', 'credential', 'secret']] : []),
    ...(config.teams.credential.kind === 'certificate'
      ? [['teams', 'credential', 'privateKey']]
      : []),
    ...(witness?.kind === 'https' && witness.authorization
      ? [['audit', 'witness', 'authorization']]
      : []),
    ...(config.teams.signIn?.clientSecret ? [['teams', 'signIn', 'clientSecret']] : []),
    ...(config.teams.signIn?.clientKey ? [['teams', 'signIn', 'clientKey', 'privateKey']] : []),
  ];
  for (const path of secrets) {
    if (source.references.has(formatPath(path))) continue;
    warn(path, 'secret_in_file', 'a secret in the file', '${env:NAME} or ${file:PATH}');
  }
  return warnings;
}

const PROXY_URL: Path = ['server', 'proxy', 'url'];

/** Targets that are called through a proxy, which looks names up itself. */
function warnOfProxy(
  { executors, server, audit: { witness } }: Settings,
  warn: (path: Path, rule: string, found: string, expected: string) => void,
): void {
  const paths: Path[] = Object.entries(executors)
    .filter(([, { section }]) => section['proxy'] === true)
    .map(([name]) => ['executors', name, 'proxy']);
  if (witness?.kind === 'https' && witness.proxy) paths.push(['audit', 'witness', 'proxy']);
  for (const path of paths) {
    if (server.proxy) {
      warn(
        path,
        'address_guard_off',
        'calls through the proxy, which looks names up itself',
        'a proxy that keeps private addresses out of reach: only addresses and the form of a ' +
          'name are judged here',
      );
    } else {
      warn(
        path,
        'proxy_missing',
        'neither server.proxy nor HTTPS_PROXY',
        'a proxy; without one the target is called directly',
      );
    }
  }
}
