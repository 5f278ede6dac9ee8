import type { Settings } from './config.ts';
import type { ExecutorSection } from './executor-section.ts';
import type { Problem } from './problem.ts';
import { reportTo } from './report.ts';
import type { YamlSource } from './yaml-source.ts';

/** Checks the section of each executor as its kind does, in every profile. */
export function checkExecutors(
  source: YamlSource,
  { executors }: Pick<Settings, 'executors'>,
  kinds: readonly ExecutorSection[],
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  const found = { problem: [] as Problem[], warning: [] as Problem[] };
  for (const [name, { kind, section }] of Object.entries(executors)) {
    const own = kinds.find((one) => one.kind === kind);
    for (const { severity, key, rule, found: value, expected } of own?.check?.(section) ?? []) {
      reportTo(found[severity], source)(['executors', name, ...key], rule, value, expected);
    }
  }
  return { problems: found.problem, warnings: found.warning };
}
