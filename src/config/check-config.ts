import { checkLinks, checkRoleSources } from './check-identity.ts';
import type { Config } from './config.ts';
import { describeFound, formatPath } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { oneOf } from './suggest.ts';
import type { YamlSource } from './yaml-source.ts';

type Report = (path: Path, rule: string, found: unknown, expected: string) => void;

/** Checks between keys of countersign.yaml, in every profile. */
export function checkConfig(
  source: YamlSource,
  config: Omit<Config, 'workflows'>,
): readonly Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, rule, found, expected) => {
    problems.push({
      ...source.at(path),
      rule,
      path: formatPath(path),
      found: describeFound(found, path),
      expected,
    });
  };
  checkIssuers(config, report);
  checkImplies(config, report);
  checkRoleSources(config.identity, report, config.teams);
  checkLinks(config.identity, report);
  checkAdministration(config, report);
  checkTeams(config, report);
  checkSession(config, report);
  for (const [name, channel] of Object.entries(config.channels)) {
    if (channel.serviceUrl === '') {
      report(
        ['channels', name, 'serviceUrl'],
        'missing',
        undefined,
        'the service URL, because this cloud has no default',
      );
    }
  }
  return problems;
}

function checkIssuers(config: Omit<Config, 'workflows'>, report: Report): void {
  const { issuers } = config.identity;
  const ids = issuers.map(({ id }) => id);
  issuers.forEach((issuer, at) => {
    const path = ['identity', 'issuers', at];
    if (ids.indexOf(issuer.id) !== at) {
      report([...path, 'id'], 'repeated', issuer.id, 'an id that no other issuer has');
    }
    if (issuer.kind === 'entra' && issuer.tenants.length === 0) {
      report([...path, 'tenant'], 'missing', undefined, 'the trusted tenant, or tenants');
    }
    if (issuer.kind === 'entra' && !URL.canParse(issuer.issuer.replace('{tenantid}', 't'))) {
      report([...path, 'issuer'], 'wrong_value', issuer.issuer, 'an absolute URL');
    }
    if (issuer.issuer === config.server.publicUrl) {
      report(
        [...path, 'issuer'],
        'own_issuer',
        issuer.issuer,
        'another issuer than this service: its own tokens are never accepted',
      );
    }
  });
}

function checkImplies({ identity }: Omit<Config, 'workflows'>, report: Report): void {
  for (const role of Object.keys(identity.implies)) {
    const reached = new Set(identity.implies[role]);
    for (const next of reached) for (const one of identity.implies[next] ?? []) reached.add(one);
    if (reached.has(role)) {
      report(
        ['identity', 'roles', role, 'implies'],
        'role_cycle',
        role,
        `roles that do not lead back to ${role}`,
      );
    }
  }
}

function checkAdministration(
  { administration, identity }: Omit<Config, 'workflows'>,
  report: Report,
): void {
  const { issuers, roles, auditorRoles } = administration;
  const people = identity.issuers.filter(({ use }) => use.includes('people')).map(({ id }) => id);
  issuers.forEach((id, at) => {
    if (people.includes(id)) return;
    const expected = `an issuer for people: ${oneOf(people, id)}`;
    report(['administration', 'issuers', at], 'unknown_issuer', id, expected);
  });
  if (issuers.length === 0 && roles.length + auditorRoles.length > 0) {
    report(
      ['administration', 'issuers'],
      'missing',
      undefined,
      'the issuers whose roles count: without one nobody administers or audits',
    );
  }
}

function checkSession({ identity, teams }: Omit<Config, 'workflows'>, report: Report): void {
  const { session } = identity;
  if (session === undefined) return;
  if (teams.signIn === null) {
    report(
      ['identity', 'session'],
      'session_without_sign_in',
      undefined,
      'teams.signIn: only the sign-in button starts a session',
    );
  }
  if (session.idleMs > session.absoluteMs) {
    report(['identity', 'session', 'idle'], 'session_limits', session.idleMs, 'at most `absolute`');
  }
}

function checkTeams(config: Omit<Config, 'workflows'>, report: Report): void {
  const { teams, identity } = config;
  const people = identity.issuers.filter(
    (issuer) => issuer.use.includes('people') && issuer.teams !== null,
  );
  const ids = people.map(({ id }) => id);
  const expected = `an issuer for people with Teams' claims: ${oneOf(ids)}`;
  if (teams.singleSignOn.enabled && !ids.includes(teams.singleSignOn.issuer)) {
    report(
      ['teams', 'singleSignOn', 'issuer'],
      'unknown_issuer',
      teams.singleSignOn.issuer || undefined,
      expected,
    );
  }
  if (teams.signIn !== null && !ids.includes(teams.signIn.issuer)) {
    report(['teams', 'signIn', 'issuer'], 'unknown_issuer', teams.signIn.issuer, expected);
  }
  if (!teams.singleSignOn.enabled && teams.signIn === null) {
    report(
      ['teams'],
      'no_sign_in',
      undefined,
      'singleSignOn enabled or signIn configured: otherwise nobody can prove a role',
    );
  }
  const managed = teams.credential.kind === 'managedIdentity';
  if (teams.appType === 'SingleTenant' && managed) {
    report(
      ['teams', 'credential'],
      'missing',
      undefined,
      'a secret or certificate (a managed identity needs appType UserAssignedMSI)',
    );
  }
  if (teams.appType === 'UserAssignedMSI' && !managed) {
    report(
      ['teams', 'credential', 'kind'],
      'wrong_value',
      teams.credential.kind,
      'managedIdentity, because appType is UserAssignedMSI',
    );
  }
}
