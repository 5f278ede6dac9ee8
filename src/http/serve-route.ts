import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeError } from '../lib/logger.ts';
import { errorReply, HttpProblem, isFault } from './problem.ts';
import { declaredLength, drain, readJson } from './read-body.ts';
import type { Reply, Route, RouteDeps } from './route.ts';
import { send } from './send.ts';

/** Answers one request by a route: reads its body, runs it, sends what came of it. Never throws. */
export async function serveRoute(options: {
  deps: RouteDeps;
  route: Route;
  req: IncomingMessage & { readonly params?: unknown };
  res: ServerResponse;
  base: Readonly<Record<string, string>>;
}): Promise<void> {
  const { deps, route, req, res, base } = options;
  const startedAt = deps.clock.now();
  let reply: Reply;
  let unread = false;
  try {
    reply = await route.handle({
      req,
      params: (req.params ?? {}) as Readonly<Record<string, string>>,
      body: await bodyOf(route, req, deps),
      signal: () => signalOf(res, deps.stopping),
    });
  } catch (error) {
    if (isFault(error)) {
      deps.log.error('a request failed', {
        route: route.path,
        method: route.method,
        error: describeError(error),
      });
    }
    unread = error instanceof HttpProblem && error.unread;
    reply = errorReply(error);
  }
  if (unread) await drain(req, route.takes?.limitBytes ?? deps.limits.apiBytes);
  send(res, reply, { base, close: unread || deps.stopping.aborted });
  const labels = { method: route.method, route: route.path };
  const seconds = Math.max(0, deps.clock.now() - startedAt) / 1_000;
  deps.metrics.add('countersign_http_requests_total', { ...labels, status: reply.status });
  deps.metrics.add('countersign_http_seconds_total', labels, seconds);
  if (reply.code !== undefined) {
    deps.metrics.add('countersign_http_problems_total', { code: reply.code });
  }
}

async function bodyOf(route: Route, req: IncomingMessage, deps: RouteDeps): Promise<unknown> {
  if (route.takes !== undefined) return readJson(req, route.takes, deps.limits);
  if (declaredLength(req) === 0) return undefined;
  throw new HttpProblem('body_unexpected', 'Send this request without a body.', { unread: true });
}

/** Aborted when the server stops or this client goes away. */
function signalOf(res: ServerResponse, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  return AbortSignal.any([stopping, gone.signal]);
}
