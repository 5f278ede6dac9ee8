import { checkLinks, checkRoleSources } from './check-identity.ts';
import { formatDuration } from '../lib/duration.ts';
import type { Settings } from './config.ts';
import type { Problem } from './problem.ts';
import { nameCheck, reportTo } from './report.ts';
import type { Report } from './report.ts';
import type { YamlSource } from './yaml-source.ts';

/** Checks between keys of countersign.yaml, in every profile. */
export function checkConfig(source: YamlSource, config: Settings): readonly Problem[] {
  const problems: Problem[] = [];
  const report = reportTo(problems, source);
  checkIssuers(config, report);
  checkImplies(config, report);
  checkRoleSources(config.identity, report, { tenantId: config.teams.tenantId, source });
  checkLinks(config.identity, report);
  checkAdministration(config, report);
  checkTeams(config, report);
  checkSession(config, report);
  checkWitness(config, report);
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

function checkIssuers(config: Settings, report: Report): void {
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
    for (const key of ['issuer', 'accessTokenIssuer'] as const) {
      if (issuer[key] !== config.server.publicUrl) continue;
      const expected = 'another issuer than this service: its own tokens are never accepted';
      report([...path, key], 'own_issuer', issuer[key], expected);
    }
  });
}

function checkImplies({ identity }: Settings, report: Report): void {
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

function checkAdministration({ administration, identity }: Settings, report: Report): void {
  const { issuers, roles, auditorRoles } = administration;
  const names = identity.issuers.filter(({ use }) => use.includes('people')).map(({ id }) => id);
  const check = nameCheck(report, { rule: 'unknown_issuer', what: 'an issuer for people', names });
  issuers.forEach((id, at) => check(['administration', 'issuers', at], id));
  if (issuers.length === 0 && roles.length + auditorRoles.length > 0) {
    report(
      ['administration', 'issuers'],
      'missing',
      undefined,
      'the issuers whose roles count: without one nobody administers or audits',
    );
  }
}

function checkWitness({ audit: { witness }, store }: Settings, report: Report): void {
  if (witness?.kind !== 'file' || store.kind !== 'sqlite' || witness.path !== store.path) return;
  report(
    ['audit', 'witness', 'path'],
    'wrong_value',
    witness.path,
    'another file than the database, best on another disk',
  );
}

function checkSession({ identity, teams }: Settings, report: Report): void {
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
    const [idle, absolute] = [session.idleMs, session.absoluteMs].map(formatDuration);
    const expected = `at most ${absolute} (identity.session.absolute)`;
    report(['identity', 'session', 'idle'], 'session_limits', idle, expected);
  }
}

function checkTeams(config: Settings, report: Report): void {
  const { teams, identity } = config;
  const people = identity.issuers.filter(({ use, teams }) => use.includes('people') && teams);
  const check = nameCheck(report, {
    rule: 'unknown_issuer',
    what: "an issuer for people with Teams' claims",
    names: people.map(({ id }) => id),
  });
  const { singleSignOn, signIn } = teams;
  if (singleSignOn.enabled) check(['teams', 'singleSignOn', 'issuer'], singleSignOn.issuer);
  if (signIn !== null) check(['teams', 'signIn', 'issuer'], signIn.issuer);
  if (!singleSignOn.enabled && signIn === null) {
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
