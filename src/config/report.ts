import { describeFound, formatPath } from './problem.ts';
import type { Path, Place, Problem } from './problem.ts';
import { oneOf } from './suggest.ts';

/** Reports what is wrong with the value at a path. */
export type Report<Rule extends string = string> = (
  path: Path,
  rule: Rule,
  found: unknown,
  expected: string,
) => void;

/** A report that adds to these problems, with the position in the source. */
export function reportTo(problems: Problem[], source: { at(path: Path): Place }): Report {
  return (path, rule, found, expected) => {
    problems.push({
      ...source.at(path),
      rule,
      path: formatPath(path),
      found: describeFound(found, path),
      expected,
    });
  };
}

/**
 * A check that reports a name which is none of these, with the one that was probably meant. An empty
 * name stands for a missing one.
 */
export function nameCheck(
  report: Report,
  { rule, what, names }: { rule: string; what: string; names: readonly string[] },
): (path: Path, name: string) => void {
  return (path, name) => {
    if (names.includes(name)) return;
    report(path, rule, name || undefined, `${what}: ${oneOf(names, name)}`);
  };
}
