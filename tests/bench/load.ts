import { performance } from 'node:perf_hooks';
import { Pool } from 'undici';

/** One prepared HTTP request; nothing of it is made while the clock runs. */
export interface Shot {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a closed loop measured. Latencies in ms, sorted, one for each shot. */
export interface Measured {
  readonly perSecond: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
  /** The bodies answered, in the order of the shots. */
  readonly answers: readonly string[];
}

const TIMEOUT_MS = 15_000;

/**
 * Sends all shots from `clients` connections, each sending its next one as soon as the last was
 * answered (keep-alive, one request at a time on a connection). Any other status than `status`
 * ends it with an error, so that refusals never count as throughput.
 */
export async function fire(options: {
  origin: string; shots: readonly Shot[]; clients: number; status: number;
}): Promise<Measured> {
  const { origin, shots, clients, status } = options;
  const pool = new Pool(origin, {
    connections: clients, pipelining: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS,
  });
  const latencies = new Float64Array(shots.length);
  const answers = new Array<string>(shots.length).fill('');
  let next = 0;
  const client = async () => {
    while (next < shots.length) {
      const index = next;
      next += 1;
      const shot = shots[index] as Shot;
      const begun = performance.now();
      const { statusCode, body } = await pool.request({ ...shot, method: 'POST' });
      const text = await body.text();
      latencies[index] = performance.now() - begun;
      if (statusCode !== status) {
        next = shots.length;
        throw new Error(`${shot.path} answered ${statusCode}: ${text.slice(0, 500)}`);
      }
      answers[index] = text;
    }
  };
  try {
    const begun = performance.now();
    await Promise.all(Array.from({ length: clients }, client));
    const seconds = (performance.now() - begun) / 1_000;
    return {
      perSecond: shots.length / seconds, seconds, answers, latenciesMs: [...latencies.sort()],
    };
  } finally {
    await pool.close();
  }
}

/** The value below which the share `part` (0 to 1) of the sorted values lies (nearest rank). */
export function quantile(sorted: readonly number[], part: number): number {
  const rank = Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * part) - 1));
  return sorted[rank] ?? NaN;
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  return quantile([...values].sort((one, other) => one - other), 0.5);
}
