import type { Config, IssuerConfig } from './config.ts';
import type { LoadedWorkflow } from './load-workflow.ts';
import { describeFound, formatPath } from './problem.ts';
import type { Path, Problem } from './problem.ts';
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

interface Findings {
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

/**
 * Checks workflows against the rest of the configuration: channels, executors, issuers and claims
 * exist, somebody can have each role, ids are unique.
 */
export function checkWorkflows(
  workflows: readonly LoadedWorkflow[],
  around: Surroundings,
): Findings {
  const findings: Findings = { problems: [], warnings: [] };
  const seen = new Map<string, string>();
  for (const loaded of workflows) {
    const { workflow, source } = loaded;
    const first = seen.get(workflow.id);
    if (first !== undefined) {
      report(
        findings.problems,
        loaded,
        ['workflow'],
        'repeated',
        workflow.id,
        `an id that no other file has (${first} has it)`,
      );
    }
    seen.set(workflow.id, first ?? source.file);
    checkTargets(loaded, around, findings);
    checkRoles(loaded, around, findings);
    checkClaims(loaded, around, findings);
    checkWorkloads(loaded, around, findings);
    checkRecheck(loaded, around, findings);
  }
  return findings;
}

/**
 * The roles that a person's token can give, with the roles that they imply; undefined when an
 * issuer uses any value of a claim as a role.
 */
export function producibleRoles(identity: Config['identity']): ReadonlySet<string> | undefined {
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

function checkTargets(loaded: LoadedWorkflow, around: Surroundings, findings: Findings): void {
  const { workflow } = loaded;
  if (!Object.hasOwn(around.channels, workflow.channel)) {
    report(
      findings.problems,
      loaded,
      ['notify', 'channel'],
      'unknown_channel',
      workflow.channel,
      `a channel of countersign.yaml: ${oneOf(Object.keys(around.channels), workflow.channel)}`,
    );
  }
  if (!Object.hasOwn(around.executors, workflow.executor)) {
    const names = oneOf(Object.keys(around.executors), workflow.executor);
    report(
      findings.problems,
      loaded,
      ['execute', 'use'],
      'unknown_executor',
      workflow.executor,
      `an executor of countersign.yaml: ${names}`,
    );
  }
}

function checkRoles(loaded: LoadedWorkflow, around: Surroundings, findings: Findings): void {
  const { workflow } = loaded;
  const possible = producibleRoles(around.identity);
  const check = (roles: readonly string[], path: Path) => {
    roles.forEach((role, at) => {
      if (possible === undefined || possible.has(role)) return;
      report(
        findings.problems,
        loaded,
        [...path, at],
        'role_nobody_has',
        role,
        `a role that somebody can have: ${oneOf([...possible], role)} ` +
          '(nobody can ever have this one: no map of an issuer for people gives it, and no role ' +
          'implies it)',
      );
    });
  };
  check(workflow.request.roles, ['request', 'roles']);
  workflow.stages.forEach((stage, at) => check(stage.roles, ['stages', at, 'roles']));
  if (workflow.request.roles.length === 0 && workflow.request.workloads.length === 0) {
    report(
      findings.problems,
      loaded,
      ['request'],
      'nobody_may_request',
      undefined,
      'roles or workloads that may make a request',
    );
  }
}

function checkClaims(loaded: LoadedWorkflow, around: Surroundings, findings: Findings): void {
  const people = claimsOf(peopleIssuers(around.identity));
  const all = claimsOf(around.identity.issuers);
  loaded.workflow.stages.forEach(({ where }, at) => {
    if (where === null) return;
    const path = ['stages', at, 'where'];
    if (!people.includes(where.claim)) {
      report(
        findings.problems,
        loaded,
        [...path, 'claim'],
        'unknown_claim',
        where.claim,
        `a claim listed under identity.issuers[].claims of an issuer for people: ` +
          oneOf(people, where.claim),
      );
    }
    if ('value' in where.equals || where.equals.requesterClaim === '') return;
    const { requesterClaim } = where.equals;
    if (!all.includes(requesterClaim)) {
      report(
        findings.problems,
        loaded,
        [...path, 'equals'],
        'unknown_claim',
        requesterClaim,
        `a claim listed under identity.issuers[].claims: ${oneOf(all, requesterClaim)}`,
      );
    }
  });
}

function checkWorkloads(loaded: LoadedWorkflow, around: Surroundings, findings: Findings): void {
  const issuers = around.identity.issuers.filter((issuer) => issuer.use.includes('workloads'));
  loaded.workflow.request.workloads.forEach((rule, at) => {
    const path = ['request', 'workloads', at];
    const issuer = issuers.find(({ id }) => id === rule.issuer);
    if (issuer === undefined) {
      report(
        findings.problems,
        loaded,
        [...path, 'issuer'],
        'unknown_issuer',
        rule.issuer,
        `an issuer for workloads: ${oneOf(
          issuers.map(({ id }) => id),
          rule.issuer,
        )}`,
      );
      return;
    }
    for (const claim of Object.keys(rule.claims)) {
      if (issuer.claims.includes(claim)) continue;
      report(
        findings.problems,
        loaded,
        [...path, claim],
        'unknown_claim',
        rule.claims[claim],
        `a claim listed for the issuer ${issuer.id}: ${oneOf(issuer.claims, claim)}`,
      );
    }
    for (const [name, id] of Object.entries(IDS_OF_NAMES)) {
      if (!(name in rule.claims) || id.some((one) => one in rule.claims)) continue;
      report(
        findings.warnings,
        loaded,
        [...path, name],
        'repository_by_name',
        rule.claims[name],
        `${id[0]} beside it: a name can be taken over after a rename or deletion`,
      );
    }
  });
}

/** Without a provider that answers about absent people, a recheck could never pass. */
function checkRecheck(loaded: LoadedWorkflow, around: Surroundings, findings: Findings): void {
  if (loaded.workflow.recheckRoles !== true) return;
  const { identity, teams } = around;
  // A session has both, and can be refreshed only with a refresh token.
  if (identity.session && teams.signIn?.scopes.includes('offline_access')) return;
  const rule = 'recheck_without_source';
  const lookups = peopleIssuers(identity).flatMap(({ groupLookup }) => groupLookup ?? []);
  const otherwise = 'or identity.session with the scope offline_access: without it no';
  if (lookups.length === 0) {
    report(
      findings.warnings,
      loaded,
      ['execute', 'recheckRoles'],
      rule,
      true,
      `a groupLookup of an issuer for people, ${otherwise} role can be confirmed, and no request ` +
        'of this workflow will run',
    );
    return;
  }
  loaded.workflow.stages.forEach(({ where }, at) => {
    if (where === null) return;
    if (lookups.some(({ claims = {} }) => Object.hasOwn(claims, where.claim))) return;
    report(
      findings.warnings,
      loaded,
      ['stages', at, 'where', 'claim'],
      rule,
      where.claim,
      `the claim under groupLookup.claims of an issuer for people, ${otherwise} request that ` +
        'this stage approved will run (execute.recheckRoles)',
    );
  });
}

function report(
  list: Problem[],
  loaded: LoadedWorkflow,
  path: Path,
  rule: string,
  found: unknown,
  expected: string,
): void {
  list.push({
    ...loaded.source.at(path),
    rule,
    path: formatPath(path),
    found: describeFound(found, path),
    expected,
  });
}

function peopleIssuers(identity: Config['identity']): IssuerConfig[] {
  return identity.issuers.filter((issuer) => issuer.use.includes('people'));
}

function claimsOf(issuers: readonly IssuerConfig[]): string[] {
  return [...new Set(issuers.flatMap((issuer) => issuer.claims))];
}
