import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeError } from '../lib/logger.ts';
import type { HttpLimits } from './limits.ts';
import { errorReply, HttpProblem, isFault, unreadProblem } from './problem.ts';
import { declaredLength, drain, readJson } from './read-body.ts';
import type { Reply, Route, RouteDeps } from './route.ts';
import { send } from './send.ts';

/** A request, its response, and the headers of every answer. */
export interface Exchange {
  readonly deps: RouteDeps;
  readonly base: Readonly<Record<string, string>>;
  readonly req: IncomingMessage & { readonly params?: unknown };
  readonly res: ServerResponse;
}

/** Answers one request by a route: reads its body, runs it, sends what came of it. Never throws. */
export async function serveRoute(exchange: Exchange, route: Route): Promise<void> {
  const { deps, req, res } = exchange;
  const { clock, limits, log, metrics, stopping } = deps;
  const startedAt = clock.now();
  let reply: Reply;
  let unread = false;
  try {
    const call = {
      req,
      params: (req.params ?? {}) as Readonly<Record<string, string>>,
      body: await bodyOf(route, req, limits),
      signal: () => signalOf(res, stopping),
    };
    reply = await route.handle(call, deps);
  } catch (error) {
    if (isFault(error)) {
      const { path, method } = route;
      log.error('a request failed', { route: path, method, error: describeError(error) });
    }
    unread = error instanceof HttpProblem && error.unread;
    reply = errorReply(error);
  }
  await respond(exchange, reply, { unread, limitBytes: limits[route.body?.limit ?? 'apiBytes'] });
  const labels = { method: route.method, route: route.path };
  const seconds = Math.max(0, clock.now() - startedAt) / 1_000;
  metrics.add('countersign_http_requests_total', { ...labels, status: reply.status });
  metrics.add('countersign_http_seconds_total', labels, seconds);
}

/** Answers a request that reaches no route. */
export function turnAway(exchange: Exchange, error: unknown): Promise<void> {
  const unread = error instanceof HttpProblem && error.unread;
  const limitBytes = exchange.deps.limits.apiBytes;
  return respond(exchange, errorReply(error), { unread, limitBytes });
}

/** Sends a reply, after what is left of an unread body, and counts a problem. */
async function respond(
  { deps, base, req, res }: Exchange,
  reply: Reply,
  { unread, limitBytes }: { unread: boolean; limitBytes: number },
): Promise<void> {
  if (unread) await drain(req, limitBytes);
  send(res, reply, { base, close: unread || deps.stopping.aborted });
  const { code } = reply;
  if (code !== undefined) deps.metrics.add('countersign_http_problems_total', { code });
}

async function bodyOf({ body }: Route, req: IncomingMessage, limits: HttpLimits): Promise<unknown> {
  if (body !== undefined) return readJson(req, body, limits);
  if (declaredLength(req) === 0) return undefined;
  throw unreadProblem('body_unexpected', 'Send this request without a body.');
}

/** Aborted when the server stops or this client goes away. */
function signalOf(res: ServerResponse, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  return AbortSignal.any([stopping, gone.signal]);
}
