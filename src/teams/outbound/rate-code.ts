/** What is known of one limit. Times in ms, in order. */
export interface Rate {
  booked: number[];
  kept: number[];
  /** No call before this time. */
  rest: number;
}

/**
 * A rate as text: JSON of `[rest, booked, kept]`, where each list holds its first time and then the
 * steps from one to the next, which are short.
 */
export function encodeRate({ booked, kept, rest }: Rate): string {
  return JSON.stringify([rest, steps(booked), steps(kept)]);
}

/** The rate of a text; an empty one where there is none, or none of ours. */
export function decodeRate(text: string | undefined): Rate {
  const parsed = text === undefined ? null : read(text);
  const [rest, booked, kept] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  return {
    rest: typeof rest === 'number' ? rest : 0,
    booked: times(booked),
    kept: times(kept),
  };
}

// A row that cannot be read would stay as it is, and keep every replica from what all have booked.
function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function steps(of: readonly number[]): number[] {
  return of.map((time, at) => time - (of[at - 1] ?? 0));
}

function times(of: unknown): number[] {
  let last = 0;
  return Array.isArray(of) && of.every(Number.isFinite)
    ? of.map((step) => (last += Number(step)))
    : [];
}
