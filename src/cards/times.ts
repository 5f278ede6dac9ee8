import { formatDuration } from '../lib/duration.ts';

/** A time (ms) as the functions of Adaptive Cards take it: UTC without a fraction of a second. */
export function cardTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  d: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000,
};

/**
 * A duration (ms) in words and exact: formatDuration names the two largest units, and what an
 * approver agrees to may not be rounded.
 */
export function exactDuration(ms: number): string {
  let text = formatDuration(ms);
  for (let parts = 0; parts < 2; parts += 1) {
    const rest = ms - wordsToMs(text);
    if (rest < 1_000) break;
    text += ` ${formatDuration(rest)}`;
  }
  const rest = ms - wordsToMs(text);
  return rest === 0 ? text : `${text} (${ms} ms)`;
}

/** A duration (ms) as forms and chat take it: `90s`, `15m`, `8h`, `2d`. */
export function typedDuration(ms: number): string {
  for (const [unit, size] of [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000]] as const) {
    if (ms > 0 && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${Math.round(ms / 1_000)}s`;
}

function wordsToMs(text: string): number {
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+) (d|h|min|s)/g)) {
    ms += Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return ms;
}
