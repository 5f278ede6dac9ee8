import { formatPath } from './problem.ts';
import type { Path } from './problem.ts';

/** Keys of later versions: refused by name, never ignored. */
const NOT_YET: ReadonlySet<string> = new Set([
  'auto',
  'timing.remind',
  'timing.escalate',
  'execute.revokeAfter',
]);

/** What is expected instead of a key of a later version; undefined for other keys. */
export function notYet(path: Path): string | undefined {
  const name = formatPath(path);
  if (!NOT_YET.has(name)) return undefined;
  return `no \`${name}\`: this version does not have it yet`;
}
