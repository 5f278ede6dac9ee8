import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TeamsWorld } from './world.ts';
import { handleApi } from './page/server/api.ts';
import { EventStreams } from './page/server/event-streams.ts';
import { PageProblem, sendProblem } from './page/server/problem.ts';
import { checkSameOrigin, securityHeaders } from './page/server/guard.ts';
import { StaticFiles } from './page/server/static-files.ts';

/** A link in the page's panel "What is this?". */
export interface PageLink {
  readonly label: string;
  readonly url: string;
}

/** Options of the page server; all have defaults. */
export interface PageOptions {
  readonly world: TeamsWorld;
  /** 0 or absent: a free port. */
  readonly port?: number;
  /** A loopback address; default 127.0.0.1. */
  readonly host?: string;
  readonly title?: string;
  readonly links?: readonly PageLink[];
  /** The messaging-extension command behind "+ Request"; default `request`. */
  readonly commandId?: string;
  /** What an empty chat suggests to say first. */
  readonly suggestions?: readonly string[];
}

/** A running page. `stop` closes streams, connections and the port. */
export interface PageServer {
  readonly url: string;
  stop(): Promise<void>;
}

const LOOPBACK_HOSTS = new Set(['127.0.0.1', '::1', 'localhost']);
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 256;

/**
 * Serves the Teams-like page of the local profile and its JSON API.
 *
 * @throws Error when `host` is not a loopback address or the port is taken.
 */
export async function startPageServer(options: PageOptions): Promise<PageServer> {
  const host = options.host ?? '127.0.0.1';
  if (!LOOPBACK_HOSTS.has(host)) {
    throw new Error(`the local page listens on loopback only, not on ${host}`);
  }
  const streams = new EventStreams(options.world);
  const files = await StaticFiles.load();
  const about = {
    title: options.title ?? 'Countersign',
    links: options.links ?? [],
    commandId: options.commandId ?? 'request',
    suggestions: options.suggestions ?? ['request deploy-production', 'help'],
  };
  const server = createServer((request, response) => {
    const context = { world: options.world, streams, files, about };
    answer(request, response, context).catch((error: unknown) => {
      sendProblem(response, error);
    });
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options.port ?? 0, host);
  const { port } = server.address() as AddressInfo;
  const named = host === '::1' ? '[::1]' : host;
  return {
    url: `http://${named}:${port}`,
    stop: async () => {
      streams.closeAll();
      await close(server);
    },
  };
}

/** The parts of every answer. */
interface Context {
  readonly world: TeamsWorld;
  readonly streams: EventStreams;
  readonly files: StaticFiles;
  readonly about: Parameters<typeof handleApi>[0]['about'];
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  for (const [name, value] of securityHeaders()) response.setHeader(name, value);
  const url = parseTarget(request.url ?? '/');
  checkSameOrigin(request, url.pathname.startsWith('/api/'));
  if (url.pathname.startsWith('/api/')) {
    await handleApi({ request, response, url, ...context });
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new PageProblem(405, 'method-not-allowed', 'Only GET is answered here.');
  }
  context.files.send({ pathname: url.pathname, response, head: request.method === 'HEAD' });
}

function parseTarget(target: string): URL {
  if (!target.startsWith('/') || !URL.canParse(`http://loopback${target}`)) {
    throw new PageProblem(400, 'bad-request', 'The request target is not a path.');
  }
  return new URL(`http://loopback${target}`);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
