import { ServerResponse } from 'node:http';
import type { Server } from 'restify';
// Not the main entry: that loads every plugin (a third of restify's time to load), and none is
// used here. It would also have restify log to standard output, in a form of its own.
import RestifyRouter from 'restify/lib/router.js';
import RestifyServer from 'restify/lib/server.js';
import type { RestifyLog } from 'restify/lib/server.js';
import type { Logger } from '../lib/logger.ts';

const { prototype } = ServerResponse;
const patched = Reflect.get(prototype, 'writeHead') as (...given: unknown[]) => unknown;

// restify replaces writeHead of Node's own responses by one that gives nothing back, for every
// server of the process: whoever writes `writeHead(…).end()`, as Node has it, would crash.
Object.assign(prototype, {
  writeHead(this: ServerResponse, ...given: unknown[]): ServerResponse {
    Reflect.apply(patched, this, given);
    return this;
  },
});

/** A server of restify that says what it has to say to `log`. */
export function createRestify(log: Logger): Server {
  // What it hands over besides the text may be a whole request, its headers included.
  const own: RestifyLog = {
    trace: () => false,
    warn: (_seen, text) => log.warn('restify warns', { said: text }),
  };
  return new RestifyServer({ name: '', log: own, router: new RestifyRouter({ log: own }) });
}
