import { ServerResponse } from 'node:http';
import type { Server } from 'restify';
// The main entry would load every plugin (a third of restify's load time), and none is used here.
// It would also make restify log to standard output in its own format.
import RestifyRouter from 'restify/lib/router.js';
import RestifyServer from 'restify/lib/server.js';
import type { RestifyLog } from 'restify/lib/server.js';
import type { Logger } from '../lib/logger.ts';

const { prototype } = ServerResponse;
const patched = Reflect.get(prototype, 'writeHead') as (...given: unknown[]) => unknown;

// restify replaces writeHead of Node's responses, for every server of the process, by one that
// returns nothing: code that calls `writeHead(…).end()`, as Node allows, would crash.
Object.assign(prototype, {
  writeHead(this: ServerResponse, ...given: unknown[]): ServerResponse {
    Reflect.apply(patched, this, given);
    return this;
  },
});

/** A restify server that logs to `log`. */
export function createRestify(log: Logger): Server {
  // Only the text: the other arguments may be a whole request with its headers.
  const own: RestifyLog = {
    trace: () => false,
    warn: (_seen, text) => log.warn('restify warns', { said: text }),
  };
  return new RestifyServer({ name: '', log: own, router: new RestifyRouter({ log: own }) });
}
