import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ephemeral ports (Linux from 32768, others from 49152): an outgoing connection of the
 * machine could take one of those between the check and the use.
 */
const FROM = 10_240;
const UP_TO = 32_768;
const TRIES = 50;

/**
 * The first of `count` ports in a row on 127.0.0.1 that were free a moment ago.
 * @throws Error when no such row was found in 50 tries
 */
export async function freePorts(count = 1): Promise<number> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const first = randomInt(FROM, UP_TO - count);
    const row = Array.from({ length: count }, (_, step) => first + step);
    if ((await Promise.all(row.map(isFree))).every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row were found`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
