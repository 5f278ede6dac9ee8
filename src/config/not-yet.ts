import { formatPath } from './problem.ts';
import type { Path } from './problem.ts';

/** Keys that are promised and not there in this version: refused by name, never ignored. */
const NOT_YET: ReadonlySet<string> = new Set([
  'auto',
  'timing.remind',
  'timing.escalate',
  'execute.revokeAfter',
]);

/** The words for a key of a later version; undefined for all others. */
export function notYet(path: Path): string | undefined {
  const name = formatPath(path);
  if (!NOT_YET.has(name)) return undefined;
  return `no \`${name}\`: this version does not have it yet`;
}
