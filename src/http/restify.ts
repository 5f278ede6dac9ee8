import { ServerResponse } from 'node:http';
import restify from 'restify';

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

export { restify };
