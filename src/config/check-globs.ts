import type { Path } from './problem.ts';
import type { Report } from './report.ts';

/**
 * Reports a `*` in a value that is compared as a whole: it would stand for itself, so that the rule
 * would let nobody in.
 */
export function checkGlob(report: Report, path: Path, value: unknown): void {
  if (typeof value !== 'string' || !value.includes('*')) return;
  const expected =
    'the whole value: here * stands for itself, so that this would let nobody in (a list names ' +
    'several values)';
  report(path, 'glob_not_possible', value, expected);
}
