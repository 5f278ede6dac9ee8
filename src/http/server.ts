import type { IncomingMessage, Server as NodeServer, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { RequestHandler, Server as RestifyServer } from 'restify';
import { describeError } from '../lib/logger.ts';
import { createAddressLimit } from './address-limit.ts';
import { answerClientError } from './client-error.ts';
import { guardRequest } from './guard.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { HttpLimits } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { HttpProblem, unreadProblem } from './problem.ts';
import { createRestify } from './restify.ts';
import { allRoutes } from './routes.ts';
import type { Route, RouteDeps, ServerOptions } from './route.ts';
import { securityHeaders } from './send.ts';
import { serveRoute, turnAway } from './serve-route.ts';
import type { Exchange } from './serve-route.ts';

/** A server that was made and may be started once. */
export type HttpServer = ReturnType<typeof createServer>;

/** What `Allow` says of a route: HEAD is where GET is. */
const ALLOWED: Readonly<Record<Route['method'], string>> = { GET: 'GET, HEAD', POST: 'POST' };

/** What the type package of restify does not know: handlers that run ahead of all of restify. */
interface EarlyHooks {
  first(handler: (req: IncomingMessage, res: ServerResponse) => boolean): unknown;
}

/**
 * The HTTP server on restify: its router and life cycle, and none of its plugins. Limits hold
 * ahead of any parser. Errors of `start`: whatever listening gives, such as EADDRINUSE.
 */
export function createServer(options: ServerOptions) {
  const limits: HttpLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const stopping = new AbortController();
  const metrics = createMetrics();
  const deps: RouteDeps = { ...options, limits, metrics, stopping: stopping.signal };
  const base = securityHeaders(options.config.server.publicUrl.startsWith('https:'));
  const server = createRestify(options.log);
  const node = server.server as NodeServer;
  harden(node, limits);
  node.on('drop', () => metrics.add('countersign_http_noise_total', { kind: 'dropped' }));
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    const code = answerClientError(error, socket) ?? 'gone';
    metrics.add('countersign_http_noise_total', { kind: code });
  });
  mount(server, { deps, base });
  const checkAddress = createAddressLimit({
    proxies: options.config.server.trustProxy ?? 0,
    perMinute: options.config.limits?.address ?? limits.addressRequests,
    clock: options.clock,
  });
  let inFlight = 0;
  (server as RestifyServer & EarlyHooks).first((req, res) => {
    try {
      // A process that is busy is alive: a restart would only lose what it is at.
      if (inFlight >= limits.inFlight && req.url !== '/healthz') {
        throw unreadProblem('overloaded', 'Come back in a moment.', { 'retry-after': '1' });
      }
      guardRequest(req, limits);
      checkAddress(req);
    } catch (error) {
      void turnAway({ deps, base, req, res }, error);
      return false;
    }
    inFlight += 1;
    res.once('close', () => {
      inFlight -= 1;
    });
    return true;
  });
  return {
    /** Listens; gives the port that was taken and the URL of this machine's side. */
    start: () =>
      listen(server, node, options.config.server, (error) => {
        options.log.error('the HTTP server failed', { error: describeError(error) });
      }),
    /** Ends long polls, lets requests in flight finish for a bounded time, closes everything. */
    stop: () => close({ node, stopping, graceMs: limits.stopGraceMs }),
  };
}

/** Limits that Node's own server holds; those not settable through restify are set on it. */
function harden(node: NodeServer, limits: HttpLimits): void {
  // restify listens for upgrades and drops them, which would leave their sockets open for ever;
  // without a listener Node treats them as ordinary requests.
  node.removeAllListeners('upgrade');
  Object.assign(node, {
    maxHeaderSize: limits.headerBytes,
    connectionsCheckingInterval: limits.sweepMs,
  });
  // Node leaves out the headers beyond its count without a word; one more lets the guard see it.
  node.maxHeadersCount = limits.headerCount + 1;
  node.headersTimeout = limits.headersTimeoutMs;
  node.requestTimeout = limits.requestTimeoutMs;
  node.keepAliveTimeout = limits.keepAliveMs;
  // Node waits for ever for a client that does not read its answer.
  node.timeout = limits.silenceMs;
  node.maxConnections = limits.connections;
}

/** Hands all routes to restify. */
function mount(server: RestifyServer, { deps, base }: Pick<Exchange, 'deps' | 'base'>): void {
  const routes = allRoutes(deps);
  for (const route of routes) {
    const handler: RequestHandler = (req, res, next) => {
      void serveRoute({ deps, base, req, res }, route).then(() => next(false));
    };
    if (route.method === 'POST') server.post(route.path, handler);
    else {
      server.get(route.path, handler);
      // Node leaves the body of the answer out (RFC 9110 §9.3.2).
      server.head(route.path, handler);
    }
  }
  const nothing: RequestHandler = (req, res, next) => {
    void turnAway({ deps, base, req, res }, noRoute(req, routes)).then(() => next(false));
  };
  server.get('/*', nothing);
  server.head('/*', nothing);
  server.post('/*', nothing);
}

/** 405 where the path is there for another method, else 404. */
function noRoute(req: IncomingMessage, routes: readonly Route[]): HttpProblem {
  const path = (req.url ?? '').split('?')[0] ?? '';
  const asked = req.method === 'POST' ? 'POST' : 'GET';
  const others = routes.filter((route) => route.method !== asked && matches(route.path, path));
  if (others.length === 0) {
    return new HttpProblem('route_not_found', '/openapi.json lists what there is.', {
      unread: req.method === 'POST',
    });
  }
  return new HttpProblem('method_not_allowed', 'See the Allow header.', {
    unread: req.method === 'POST',
    headers: { allow: others.map(({ method }) => ALLOWED[method]).join(', ') },
  });
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => part.startsWith(':') || part === given[at])
  );
}

function listen(
  server: RestifyServer,
  node: NodeServer,
  at: { host: string; port: number },
  failed: (error: Error) => void,
): Promise<{ port: number; url: string }> {
  return new Promise((resolve, reject) => {
    // restify hands Node's errors on to itself; without a listener there they end the process.
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      server.on('error', failed);
      const { port } = node.address() as AddressInfo;
      const wildcard = at.host === '0.0.0.0' || at.host === '::';
      const host = wildcard ? 'localhost' : at.host;
      resolve({ port, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}` });
    });
  });
}

function close(options: {
  node: NodeServer;
  stopping: AbortController;
  graceMs: number;
}): Promise<void> {
  const { node, stopping, graceMs } = options;
  stopping.abort();
  if (!node.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => node.closeAllConnections(), graceMs);
    node.close(() => {
      clearTimeout(timer);
      resolve();
    });
    node.closeIdleConnections();
  });
}
