import type { Workflow } from '../domain/workflow/workflow.ts';
import { checkGlob } from './check-globs.ts';
import type { Config, IssuerConfig } from './config.ts';
import type { LoadedWorkflow } from './load-workflow.ts';
import type { Path, Problem } from './problem.ts';
import { nameCheck, reportTo } from './report.ts';
import type { Report } from './report.ts';
import { oneOf } from './suggest.ts';

/** The parts of the configuration that workflows refer to. */
export type Surroundings = Pick<Config, 'channels' | 'executors' | 'identity' | 'teams'>;

/** Claims with a name that others can take over, and the permanent id beside each. */
const IDS_OF_NAMES: Readonly<Record<string, readonly string[]>> = {
  repository: ['repository_id'],
  repository_owner: ['repository_owner_id', 'repository_id'],
  project_path: ['project_id'],
  namespace_path: ['namespace_id', 'project_id'],
};

/** One workflow, and where its problems and warnings go. */
interface Checked extends Surroundings {
  readonly workflow: Workflow;
  readonly report: Report;
  readonly warn: Report;
}

/**
 * Checks workflows against the rest of the configuration: channels, executors, issuers and claims
 * exist, somebody can have each role, ids are unique.
 */
export function checkWorkflows(
  workflows: readonly LoadedWorkflow[],
  around: Surroundings,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const seen = new Map<string, string>();
  for (const { workflow, source } of workflows) {
    const report = reportTo(problems, source);
    const checked = { ...around, workflow, report, warn: reportTo(warnings, source) };
    const first = seen.get(workflow.id);
    if (first !== undefined) {
      const expected = `an id that no other file has (${first} has it)`;
      report(['workflow'], 'repeated', workflow.id, expected);
    }
    seen.set(workflow.id, first ?? source.file);
    checkTargets(checked);
    checkRoles(checked);
    checkClaims(checked);
    checkWorkloads(checked);
    checkRecheck(checked);
  }
  return { problems, warnings };
}

/**
 * The roles that a person's token can give, with the roles that they imply; undefined when an
 * issuer uses any value of a claim as a role.
 */
function producibleRoles(identity: Config['identity']): ReadonlySet<string> | undefined {
  const roles = new Set<string>();
  for (const { map } of peopleIssuers(identity).flatMap((issuer) => issuer.roles)) {
    if (map === null) return undefined;
    for (const role of Object.values(map).flat()) roles.add(role);
  }
  // Iterating a Set also visits entries added during the loop, so this follows whole chains.
  for (const role of roles) {
    for (const implied of identity.implies[role] ?? []) roles.add(implied);
  }
  return roles;
}

function checkTargets({ workflow, channels, executors, report }: Checked): void {
  nameCheck(report, {
    rule: 'unknown_channel',
    what: 'a channel of countersign.yaml',
    names: Object.keys(channels),
  })(['notify', 'channel'], workflow.channel);
  nameCheck(report, {
    rule: 'unknown_executor',
    what: 'an executor of countersign.yaml',
    names: Object.keys(executors),
  })(['execute', 'use'], workflow.executor);
}

function checkRoles({ workflow, identity, report }: Checked): void {
  const { request, stages } = workflow;
  const possible = producibleRoles(identity);
  const check = (roles: readonly string[], path: Path) => {
    roles.forEach((role, at) => {
      if (possible === undefined || possible.has(role)) return;
      const expected =
        `a role that somebody can have: ${oneOf([...possible], role)} (nobody can ever have this ` +
        'one: no map of an issuer for people gives it, and no role implies it)';
      report([...path, at], 'role_nobody_has', role, expected);
    });
  };
  check(request.roles, ['request', 'roles']);
  stages.forEach((stage, at) => check(stage.roles, ['stages', at, 'roles']));
  if (request.roles.length === 0 && request.workloads.length === 0) {
    const expected = 'roles or workloads that may make a request';
    report(['request'], 'nobody_may_request', undefined, expected);
  }
}

function checkClaims({ workflow, identity, report }: Checked): void {
  const rule = 'unknown_claim';
  const checkClaim = nameCheck(report, {
    rule,
    what: 'a claim listed under identity.issuers[].claims of an issuer for people',
    names: claimsOf(peopleIssuers(identity)),
  });
  const checkRequesterClaim = nameCheck(report, {
    rule,
    what: 'a claim listed under identity.issuers[].claims',
    names: claimsOf(identity.issuers),
  });
  workflow.stages.forEach(({ where }, at) => {
    if (where === null) return;
    const path = ['stages', at, 'where'];
    checkClaim([...path, 'claim'], where.claim);
    if ('value' in where.equals) checkGlob(report, [...path, 'equals'], where.equals.value);
    if ('value' in where.equals || where.equals.requesterClaim === '') return;
    checkRequesterClaim([...path, 'equals'], where.equals.requesterClaim);
  });
}

function checkWorkloads({ workflow, identity, report, warn }: Checked): void {
  const issuers = identity.issuers.filter((issuer) => issuer.use.includes('workloads'));
  const checkIssuer = nameCheck(report, {
    rule: 'unknown_issuer',
    what: 'an issuer for workloads',
    names: issuers.map(({ id }) => id),
  });
  workflow.request.workloads.forEach((rule, at) => {
    const path = ['request', 'workloads', at];
    checkIssuer([...path, 'issuer'], rule.issuer);
    const issuer = issuers.find(({ id }) => id === rule.issuer);
    if (issuer === undefined) return;
    for (const [claim, value] of Object.entries(rule.claims)) {
      const values = typeof value === 'string' ? [value] : value;
      values.forEach((one, index) => {
        const place = typeof value === 'string' ? [claim] : [claim, index];
        checkGlob(report, [...path, ...place], one);
      });
    }
    for (const claim of Object.keys(rule.claims)) {
      if (issuer.claims.includes(claim)) continue;
      const expected = `a claim listed for the issuer ${issuer.id}: ${oneOf(issuer.claims, claim)}`;
      report([...path, claim], 'unknown_claim', rule.claims[claim], expected);
    }
    for (const [name, id] of Object.entries(IDS_OF_NAMES)) {
      if (!(name in rule.claims) || id.some((one) => one in rule.claims)) continue;
      const expected = `${id[0]} beside it: a name can be taken over after a rename or deletion`;
      warn([...path, name], 'repository_by_name', rule.claims[name], expected);
    }
  });
}

/** Without a provider that answers about absent people, a recheck could never pass. */
function checkRecheck({ workflow, identity, teams, warn }: Checked): void {
  if (workflow.recheckRoles !== true) return;
  // A session has both, and can be refreshed only with a refresh token.
  if (identity.session && teams.signIn?.scopes.includes('offline_access')) return;
  const rule = 'recheck_without_source';
  const lookups = peopleIssuers(identity).flatMap(({ groupLookup }) => groupLookup ?? []);
  const otherwise = 'or identity.session with the scope offline_access: without it no';
  if (lookups.length === 0) {
    const expected =
      `a groupLookup of an issuer for people, ${otherwise} role can be confirmed, and no request ` +
      'of this workflow will run';
    warn(['execute', 'recheckRoles'], rule, true, expected);
    return;
  }
  workflow.stages.forEach(({ where }, at) => {
    if (where === null || lookups.some(({ claims = {} }) => Object.hasOwn(claims, where.claim))) {
      return;
    }
    const expected =
      `the claim under groupLookup.claims of an issuer for people, ${otherwise} request that ` +
      'this stage approved will run (execute.recheckRoles)';
    warn(['stages', at, 'where', 'claim'], rule, where.claim, expected);
  });
}

function peopleIssuers(identity: Config['identity']): IssuerConfig[] {
  return identity.issuers.filter((issuer) => issuer.use.includes('people'));
}

function claimsOf(issuers: readonly IssuerConfig[]): string[] {
  return [...new Set(issuers.flatMap((issuer) => issuer.claims))];
}
