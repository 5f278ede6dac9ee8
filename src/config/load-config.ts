import { dirname, join, resolve } from 'node:path';
import { fileTrouble } from '../lib/file-trouble.ts';
import { checkConfig } from './check-config.ts';
import { checkExecutors } from './check-executors.ts';
import { checkProduction } from './check-production.ts';
import { checkShape } from './check-shape.ts';
import { checkWorkflows } from './check-workflows.ts';
import type { Config, Profile } from './config.ts';
import type { ExecutorSection } from './executor-section.ts';
import { loadWorkflow } from './load-workflow.ts';
import type { LoadedWorkflow } from './load-workflow.ts';
import { machineFiles, readConfigText } from './files.ts';
import type { Files } from './files.ts';
import { readOperatorPages } from './operator-pages.ts';
import { ConfigError } from './problem.ts';
import type { Problem } from './problem.ts';
import { reportTo } from './report.ts';
import { resolveProxy } from './proxy-section.ts';
import { referenceSubstitute } from './references.ts';
import { resolveConfig } from './resolve.ts';
import { configSchema } from './schema.ts';
import { readYaml } from './yaml-source.ts';
import type { YamlSource } from './yaml-source.ts';

const MAX_WORKFLOWS = 200;

export interface LoadOptions {
  /** Path of countersign.yaml. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly profile: Profile;
  /** Every kind of executor that the file may name. */
  readonly executors: readonly ExecutorSection[];
  /** The disk; for tests. */
  readonly files?: Files;
}

/**
 * Reads and checks countersign.yaml and its workflows; gives the frozen configuration and warnings.
 *
 * @throws ConfigError with every problem, each with file, line and column.
 */
export function loadConfig(options: LoadOptions): {
  readonly config: Config;
  readonly warnings: readonly Problem[];
  /** The position of each key. Its data contains secrets: keep it in this process. */
  readonly source: YamlSource;
} {
  const { files = machineFiles, path: file } = options;
  const { readFile } = files;
  const text = readConfigText(file, files);
  const substitute = referenceSubstitute({ file, env: options.env, readFile });
  const { source, problems: form } = readYaml({ file, text, substitute });
  const problems: Problem[] = [...form];
  const shape = checkShape(source, configSchema(options.executors));
  const folder = workflowsFolder(file, source);
  const workflows = loadFolder({ folder, source, files, problems });
  if ('problems' in shape) {
    // Report nothing twice: an invalid form or a missing reference is reported already.
    const reported = new Set(form.map((problem) => problem.path));
    problems.push(...shape.problems.filter(({ path }) => !reported.has(path)));
    throw new ConfigError(problems);
  }
  const port = portOf(options.env.PORT, file, problems);
  const report = reportTo(problems, source);
  const pages = readOperatorPages(shape.value.server.pages, { file, readFile, report });
  const config = resolveConfig({
    input: shape.value,
    pages,
    proxy: resolveProxy(shape.value.server.proxy, {
      env: options.env,
      local: options.profile === 'local',
      report,
    }),
    profile: options.profile,
    file: resolve(file),
    port,
    executors: options.executors,
    references: source.references,
  });
  problems.push(...checkConfig(source, config));
  const sections = checkExecutors(source, config, options.executors);
  problems.push(...sections.problems);
  const around = checkWorkflows(workflows, config);
  problems.push(...around.problems);
  const warnings = [...sections.warnings, ...around.warnings];
  if (options.profile === 'production') {
    const production = checkProduction(source, config, options.executors);
    problems.push(...production.problems);
    warnings.push(...production.warnings);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const found = workflows.map(({ workflow }) => workflow);
  return { config: freeze({ ...config, workflows: found }), warnings, source };
}

/** Reads the folder even when the rest of the file is invalid, to report all problems at once. */
function workflowsFolder(file: string, source: YamlSource): string {
  const { data } = source;
  const given =
    typeof data === 'object' && data !== null && 'workflows' in data ? data.workflows : undefined;
  return resolve(dirname(file), typeof given === 'string' ? given : './workflows');
}

function loadFolder(options: {
  folder: string;
  source: YamlSource;
  files: Files;
  problems: Problem[];
}): LoadedWorkflow[] {
  const { folder, source, files, problems } = options;
  const complain = (rule: string, found: string, expected: string) =>
    problems.push({ ...source.at(['workflows']), rule, path: 'workflows', found, expected });
  const loaded: LoadedWorkflow[] = [];
  let reading = folder;
  try {
    const names = files
      .listFolder(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort();
    if (names.length === 0) complain('no_workflows', `no *.yaml in ${folder}`, 'a workflow file');
    if (names.length > MAX_WORKFLOWS) {
      complain('too_many_workflows', `${names.length} files`, `at most ${MAX_WORKFLOWS}`);
    }
    for (const name of names.slice(0, MAX_WORKFLOWS)) {
      const file = join(folder, name);
      reading = file;
      const one = loadWorkflow(file, files.readFile(file));
      problems.push(...one.problems);
      if (one.loaded !== undefined) loaded.push(one.loaded);
    }
  } catch (error) {
    const found = `${reading} (${fileTrouble(error)})`;
    complain('folder_unreadable', found, 'a readable folder with readable files');
  }
  return loaded;
}

function portOf(text: string | undefined, file: string, problems: Problem[]): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  problems.push({
    file,
    line: 1,
    column: 1,
    rule: 'wrong_value',
    path: 'server.port',
    found: `PORT=${text.slice(0, 20)} in the environment`,
    expected: 'a port number',
  });
  return undefined;
}

/** Freezes a value deeply: nothing may change it after the start. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
