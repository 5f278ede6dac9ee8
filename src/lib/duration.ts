const SHORT = /^(\d{1,9})(s|m|h|d)$/;
const ISO = /^P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/;
const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a duration to milliseconds: `90s`, `15m`, `8h`, `2d` or ISO 8601 (`PT1H30M`, `P2D`).
 * Undefined for any other text and for more than 366 days. Months and years are rejected, because
 * they have no fixed length.
 */
export function parseDuration(text: string): number | undefined {
  const short = SHORT.exec(text);
  if (short) return bounded(Number(short[1]) * (UNIT_MS[short[2] ?? ''] ?? NaN));
  const iso = ISO.exec(text);
  if (!iso || text.endsWith('P') || text.endsWith('T')) return undefined;
  const [weeks, days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0));
  const totalDays = (weeks ?? 0) * 7 + (days ?? 0);
  const totalSeconds = (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  return bounded(totalDays * 86_400_000 + totalSeconds * 1_000);
}

/** Formats a duration in ms for people: `45 s`, `15 min`, `8 h`, `2 d`, `1 h 30 min`. */
export function formatDuration(ms: number): string {
  return parts(ms, [' d', ' h', ' min', ' s']).join(' ') || '0 s';
}

/** Formats a duration in ms as ISO 8601: `PT8H`, `P2D`, `PT1H30M`. */
export function isoDuration(ms: number): string {
  const text = parts(ms, ['D', 'H', 'M', 'S']).join('') || '0S';
  const [, days = '', time = ''] = /^(\d+D)?(.*)$/.exec(text) ?? [];
  return `P${days}${time && `T${time}`}`;
}

/** Days, hours, minutes and seconds with their units, without those that are 0. */
function parts(ms: number, units: readonly string[]): readonly string[] {
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60)];
  return [Math.floor(hours / 24), hours % 24, minutes % 60, seconds % 60].flatMap((count, at) =>
    count > 0 ? [`${count}${units[at] ?? ''}`] : [],
  );
}

/** Formats a duration in ms as people type it, to the second: `90s`, `15m`, `8h`, `2d`. */
export function typedDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm']) {
    const count = ms / (UNIT_MS[unit] ?? NaN);
    if (count > 0 && Number.isInteger(count)) return `${count}${unit}`;
  }
  return `${Math.round(ms / 1_000)}s`;
}

function bounded(ms: number): number | undefined {
  return Number.isFinite(ms) && ms <= 366 * 86_400_000 ? ms : undefined;
}
