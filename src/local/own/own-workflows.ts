/** A user's own workflow files in the local profile. */
import { join } from 'node:path';
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { machineFiles } from '../../config/files.ts';
import { loadWorkflow } from '../../config/load-workflow.ts';
import { ConfigError } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import type { Workflow } from '../../domain/workflow/workflow.ts';

/** What the files name, which the profile must then have. */
export interface OwnWorkflows {
  readonly folder: string;
  readonly workflows: readonly Workflow[];
  readonly channels: readonly string[];
  readonly executors: readonly string[];
  /** Claims that rules compare, of people and of pipelines. */
  readonly claims: readonly string[];
  /** Claims that let the demo pipeline make requests: those of the first rule of each workflow. */
  readonly pipeline: Readonly<Record<string, string>>;
}

/** The issuer of people and pipelines in the local profile. */
const LOCAL_ISSUER = 'local';

/**
 * Reads the workflow files of a folder.
 *
 * @throws ConfigError with every problem of a file; errors of Node when the folder cannot be read.
 */
export function readOwnWorkflows(folder: string): OwnWorkflows {
  const problems: Problem[] = [];
  const workflows: Workflow[] = [];
  const names = machineFiles.listFolder(folder).filter((name) => /\.ya?ml$/.test(name));
  for (const name of names.sort()) {
    const file = join(folder, name);
    const one = loadWorkflow(file, machineFiles.readFile(file));
    problems.push(...one.problems);
    if (one.loaded !== undefined) workflows.push(one.loaded.workflow);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const rules = workflows.flatMap(({ request }) => request.workloads);
  const conditions = workflows.flatMap(({ stages }) => stages.flatMap(({ where }) => where ?? []));
  return {
    folder,
    workflows,
    channels: distinct(workflows.map(({ channel }) => channel)),
    executors: distinct(workflows.map(({ executor }) => executor)),
    claims: distinct([
      ...conditions.map(({ claim }) => claim),
      ...conditions.flatMap(({ equals }) =>
        'requesterClaim' in equals ? [equals.requesterClaim] : [],
      ),
      ...rules.flatMap(({ claims }) => Object.keys(claims)),
    ]),
    pipeline: pipelineClaims(workflows),
  };
}

/**
 * The text of a workflow file with the local issuer in place of those of its workload rules. Lines
 * and columns before a rule stay, so that problems name the right place.
 */
export function withLocalIssuer(text: string): string {
  const rules = parseDocument(text).getIn(['request', 'workloads'], true);
  if (!isSeq(rules)) return text;
  const places = rules.items.flatMap((rule) => {
    const issuer = isMap(rule) ? rule.get('issuer', true) : undefined;
    return isScalar(issuer) && issuer.range ? [issuer.range] : [];
  });
  return places
    .reverse()
    .reduce((left, [start, end]) => left.slice(0, start) + LOCAL_ISSUER + left.slice(end), text);
}

function pipelineClaims(workflows: readonly Workflow[]): Record<string, string> {
  const claims: Record<string, string> = {};
  for (const { request } of workflows) {
    for (const [name, value] of Object.entries(request.workloads[0]?.claims ?? {})) {
      const first = typeof value === 'string' ? value : value[0];
      if (first !== undefined) claims[name] ??= first;
    }
  }
  return claims;
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
