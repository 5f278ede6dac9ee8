import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenOnLoopback, stopServer } from './loopback.ts';
import type { TeamsWorld } from './world.ts';
import { handleApi } from './page/server/api.ts';
import { EventStreams } from './page/server/event-streams.ts';
import { checkSameOrigin, securityHeaders } from './page/server/guard.ts';
import { PageProblem, sendProblem } from './page/server/problem.ts';
import { readStaticFiles, type StaticFile } from './page/server/static-files.ts';

/** A running page. `stop` closes streams, connections and the port. */
export type PageServer = Awaited<ReturnType<typeof startPageServer>>;

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 256;

/**
 * Serves the Teams-like page of the local profile and its JSON API on 127.0.0.1; without `port` on
 * a free one. Rejects when the port is taken.
 */
export async function startPageServer({ world, port = 0 }: { world: TeamsWorld; port?: number }) {
  const streams = new EventStreams(world);
  const context = { world, streams, files: await readStaticFiles() };
  const server = createServer((request, response) => {
    answer(request, response, context).catch((error: unknown) => {
      sendProblem(response, error);
    });
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  return {
    url: await listenOnLoopback(server, port),
    stop: async () => {
      streams.closeAll();
      await stopServer(server);
    },
  };
}

/** The parts of every answer. */
interface Context {
  readonly world: TeamsWorld;
  readonly streams: EventStreams;
  readonly files: ReadonlyMap<string, StaticFile>;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  for (const [name, value] of securityHeaders) response.setHeader(name, value);
  const target = request.url ?? '/';
  if (!target.startsWith('/') || !URL.canParse(`http://loopback${target}`)) {
    throw new PageProblem(400, 'bad-request', 'The request target is not a path.');
  }
  const url = new URL(`http://loopback${target}`);
  const api = url.pathname.startsWith('/api/');
  checkSameOrigin(request, api);
  if (api) return handleApi({ request, response, url, ...context });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new PageProblem(405, 'method-not-allowed', 'Only GET is answered here.');
  }
  const file = context.files.get(url.pathname);
  if (!file) throw new PageProblem(404, 'not-found', `There is nothing at ${url.pathname}.`);
  response.writeHead(200, { 'content-type': file.type, 'content-length': file.body.length });
  response.end(request.method === 'HEAD' ? undefined : file.body);
}
