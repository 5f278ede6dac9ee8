import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

/** A prepared HTTP request; nothing is created during the measurement. */
export interface Shot {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The result of a run. Latencies in ms, sorted, one for each shot. */
export interface Measured {
  readonly perSecond: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
  /** The bodies of the answers, in the order of the shots. */
  readonly answers: readonly string[];
}

const TIMEOUT_MS = 15_000;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * Sends all shots over `clients` connections (keep-alive, one request at a time on a connection),
 * as fast as the answers come or at a constant rate. Another status than `status` is an error, so
 * that refusals do not count as throughput.
 *
 * Writes bytes to sockets directly. A general HTTP client in one process reads all arrived answers
 * before it sends the next request, which separate clients do not: a server that answers many at
 * once, as a group commit does, would idle.
 */
export async function fire(options: {
  origin: string;
  shots: readonly Shot[];
  clients: number;
  status: number;
  /**
   * The interval of requests in ms, independent of the answers; a latency counts from the due time
   * of its request.
   */
  everyMs?: number;
}): Promise<Measured> {
  const { origin, shots, clients, status, everyMs } = options;
  const { host, hostname, port } = new URL(origin);
  const requests = shots.map((shot) => bytesOf(shot, host));
  const latencies = new Float64Array(shots.length);
  const bodies = new Array<Buffer>(shots.length);
  const sockets = Array.from({ length: Math.min(clients, shots.length) }, () =>
    connect({ host: hostname, port: Number(port), noDelay: true }),
  );
  let next = 0;
  let startedAt = 0;
  const client = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let index = -1;
      let begun = 0;
      const answer = new Answer();
      const send = () => {
        index = next;
        next += 1;
        const bytes = requests[index];
        if (bytes === undefined) return resolve();
        const now = performance.now();
        begun = everyMs === undefined ? now : startedAt + index * everyMs;
        if (begun <= now) socket.write(bytes);
        else setTimeout(() => socket.write(bytes), begun - now);
      };
      const fail = (why: string) => {
        next = shots.length;
        reject(new Error(`${shots[index]?.path} ${why}`));
      };
      socket.on('data', (chunk) => {
        const body = answer.take(chunk);
        if (body === undefined) return;
        latencies[index] = performance.now() - begun;
        bodies[index] = body;
        if (answer.status === status) send();
        else fail(`answered ${answer.status}: ${body.toString().slice(0, 500)}`);
      });
      socket.setTimeout(TIMEOUT_MS, () => fail(`got no answer in ${TIMEOUT_MS} ms`));
      socket.once('error', ({ message }) => fail(`met an error: ${message}`));
      socket.once('close', () => fail('was cut off'));
      send();
    });
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    startedAt = performance.now();
    await Promise.all(sockets.map(client));
    const seconds = (performance.now() - startedAt) / 1_000;
    return {
      perSecond: shots.length / seconds,
      seconds,
      latenciesMs: [...latencies.sort()],
      answers: bodies.map(String),
    };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function bytesOf({ path, headers, body }: Shot, host: string): Buffer {
  const content = Buffer.from(body);
  const all = { host, ...headers, 'content-length': content.length };
  const lines = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines}\r\n`), content]);
}

/** Parses the answers of a connection, which must have a Content-Length. */
class Answer {
  status = 0;
  #seen: Buffer = Buffer.alloc(0);
  #head = 0;
  #end = 0;

  /** The body when it has arrived completely. */
  take(chunk: Buffer): Buffer | undefined {
    this.#seen = this.#seen.length === 0 ? chunk : Buffer.concat([this.#seen, chunk]);
    if (this.#end === 0) {
      const at = this.#seen.indexOf(END_OF_HEAD);
      if (at < 0) return undefined;
      const head = this.#seen.toString('latin1', 0, at);
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
      // The measured servers always send it: the error about the status shows the answer.
      this.status = length === undefined ? 0 : Number(head.slice(9, 12));
      if (length === undefined) return this.#seen;
      this.#head = at + END_OF_HEAD.length;
      this.#end = this.#head + Number(length);
    }
    if (this.#seen.length < this.#end) return undefined;
    const body = this.#seen.subarray(this.#head, this.#end);
    this.#seen = Buffer.alloc(0);
    this.#end = 0;
    return body;
  }
}

/** The quantile `part` (0 to 1) of sorted values (nearest rank). */
export function quantile(sorted: readonly number[], part: number): number {
  const rank = Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * part) - 1));
  return sorted[rank] ?? NaN;
}

/** The median. */
export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((one, other) => one - other),
    0.5,
  );
}
