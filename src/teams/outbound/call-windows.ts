/** At most `calls` in any `spanMs`. */
export interface Window {
  readonly calls: number;
  readonly spanMs: number;
}

/** Limits for one bot and thread (Teams, "Optimize your bot with rate limiting"). */
export const THREAD_WINDOWS: readonly Window[] = [
  { calls: 7, spanMs: 1_000 },
  { calls: 8, spanMs: 2_000 },
  { calls: 60, spanMs: 30_000 },
  { calls: 1_800, spanMs: 3_600_000 },
];

/** The limit for one app and tenant, from the same page. */
export const TENANT_WINDOW: Window = { calls: 50, spanMs: 1_000 };

/** The maximum difference of two replicas' clocks. */
const CLOCK_SKEW_MS = 50;
/** Older answers are stored by the minute: only the window of an hour counts them. */
const EXACT_MS = 35_000;
const KEPT_MS = Math.max(...THREAD_WINDOWS.map(({ spanMs }) => spanMs)) + CLOCK_SKEW_MS;

/** Answered calls, oldest first: time (ms) and number. */
export type Answered = readonly (readonly [at: number, calls: number])[];

/**
 * Sliding windows over the calls made: returns the earliest time of the next call. A call counts
 * until one span after its answer, because Teams received it at some time before the answer.
 * Infinity: not before a pending call is answered.
 */
export function nextCallAt(
  windows: readonly Window[],
  { answered, underWay }: { answered: Answered; underWay: number },
): number {
  return Math.max(...windows.map((window) => nextIn(window, answered, underWay)));
}

function nextIn({ calls, spanMs }: Window, answered: Answered, underWay: number): number {
  let room = calls - underWay;
  if (room <= 0) return Infinity;
  for (let index = answered.length - 1; index >= 0; index -= 1) {
    const [at, count] = answered[index] ?? [0, 0];
    room -= count;
    if (room <= 0) return at + spanMs + CLOCK_SKEW_MS;
  }
  return 0;
}

/** Adds an entry, and drops entries outside all windows. */
export function withAnswered(answered: Answered, entry: Answered[number], now: number): Answered {
  const kept: [at: number, calls: number][] = [];
  for (const [at, calls] of [...answered, entry].sort(([a], [b]) => a - b)) {
    if (at <= now - KEPT_MS) continue;
    const last = kept.at(-1);
    const old = at < now - EXACT_MS && last !== undefined && minute(last[0]) === minute(at);
    if (last !== undefined && (old || last[0] === at)) {
      kept[kept.length - 1] = [at, last[1] + calls];
    } else kept.push([at, calls]);
  }
  return kept;
}

function minute(at: number): number {
  return Math.floor(at / 60_000);
}

/** What the next lease holder of a thread must know. */
export interface ThreadRecord {
  readonly answered: Answered;
  /** Retry-After: no call before this time (ms). */
  readonly restUntil: number;
}

/** Encodes a record as JSON text of at most about 2,500 characters. */
export function encodeRecord({ answered, restUntil }: ThreadRecord): string {
  return JSON.stringify([restUntil, ...answered]);
}

/** Decodes a record; an empty one for a missing or invalid text. */
export function decodeRecord(text: string | null): ThreadRecord {
  const [restUntil, ...answered] = text === null ? [] : parsed(text);
  return {
    restUntil: typeof restUntil === 'number' ? restUntil : 0,
    answered: answered.filter(isEntry),
  };
}

function parsed(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    // The next release overwrites the row.
    return [];
  }
}

function isEntry(value: unknown): value is Answered[number] {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
