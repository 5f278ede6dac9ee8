/** At most `calls` in any `spanMs`. */
export interface Window {
  readonly calls: number;
  readonly spanMs: number;
}

/** For one bot and thread: Teams' documentation, "Optimize your bot with rate limiting". */
export const THREAD_WINDOWS: readonly Window[] = [
  { calls: 7, spanMs: 1_000 },
  { calls: 8, spanMs: 2_000 },
  { calls: 60, spanMs: 30_000 },
  { calls: 1_800, spanMs: 3_600_000 },
];

/** For one app and tenant, on the same page. */
export const TENANT_WINDOW: Window = { calls: 50, spanMs: 1_000 };

/** The clocks of two replicas differ by less than this. */
const CLOCK_SKEW_MS = 50;
/** Older answers are kept by the minute: only the window of an hour still counts them. */
const EXACT_MS = 35_000;
const KEPT_MS = Math.max(...THREAD_WINDOWS.map(({ spanMs }) => spanMs)) + CLOCK_SKEW_MS;

/** Calls that were answered, oldest first: when (ms), and how many. */
export type Answered = readonly (readonly [at: number, calls: number])[];

/**
 * Sliding windows over the calls really made: the earliest time of the next call. A call counts
 * until one span after its answer: Teams has received it some time before, however long it
 * travelled. Infinity: not before a call under way is answered.
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

/** The same with one more entry; without what no window counts any more. */
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

/** What the next poster in a thread has to know. */
export interface ThreadRecord {
  readonly answered: Answered;
  /** Retry-After: no call before this time (ms). */
  readonly restUntil: number;
}

/** A record as JSON text of at most some 2,500 characters. */
export function encodeRecord({ answered, restUntil }: ThreadRecord): string {
  return JSON.stringify([restUntil, ...answered]);
}

/** The record of a text; an empty one where there is none, or none of ours. */
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
    // The next release writes the row anew.
    return [];
  }
}

function isEntry(value: unknown): value is Answered[number] {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
