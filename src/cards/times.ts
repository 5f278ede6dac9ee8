import { formatDuration } from '../lib/duration.ts';

/** A time (ms) as the functions of Adaptive Cards take it: UTC without a fraction of a second. */
export function cardTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** A duration (ms) in words and exact: what an approver agrees to may not be rounded. */
export function exactDuration(ms: number): string {
  const text = formatDuration(ms);
  return ms % 1_000 === 0 ? text : `${text} (${ms} ms)`;
}

/** A duration (ms) as forms and chat take it: `90s`, `15m`, `8h`, `2d`. */
export function typedDuration(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const) {
    if (ms > 0 && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${Math.round(ms / 1_000)}s`;
}
