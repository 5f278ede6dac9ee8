import { z } from 'zod';
import { sameSecret } from '../../lib/hash.ts';
import { presentedToken } from '../bearer.ts';
import type { Presented } from '../bearer.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { requestPath, requestSchema } from '../openapi/schemas.ts';
import { HttpProblem, refusalReply, requestNotFound } from '../problem.ts';
import { readQuery } from '../check-input.ts';
import { requestJson } from '../representation.ts';
import type { Route, RouteDeps } from '../route.ts';
import type { Waiter } from '../../usecases/limits.ts';

const querySchema = z.object({ timeoutSeconds: z.int().min(0).max(60).default(30) });

/** GET /v1/requests/:id/wait: a long poll, for a bearer or the request's wait token. */
export function waitRequestRoute(): Route {
  let waiting = 0;
  return {
    method: 'GET',
    path: '/v1/requests/:id/wait',
    operationId: 'waitRequest',
    summary: 'Wait until a request has ended',
    description:
      'Answers with the request once nothing more happens to it, or as it is when the ' +
      'time is up; then ask again.',
    tag: 'Requests',
    auth: 'bearer-or-wait-token',
    params: requestPath,
    query: querySchema,
    responses: { 200: jsonAnswer('The request as it is now', requestSchema) },
    problems: ['query_invalid', 'request_not_found', 'rate_limited'],
    async handle({ req, params, signal }, deps) {
      const { app, config, limits } = deps;
      const id = params.id ?? '';
      const timeoutMs = readQuery(querySchema, req.url).timeoutSeconds * 1_000;
      const presented = presentedToken(req, config.server.publicUrl);
      const waiter = await waiterOf(deps, presented, id);
      if (waiter === undefined) return requestNotFound();
      if (waiting >= limits.waits) {
        throw new HttpProblem('overloaded', 'Too many are waiting; come back in a moment.', {
          headers: { 'retry-after': '5' },
        });
      }
      const admitted = app.admitWait(waiter);
      if (!admitted.ok) return refusalReply(admitted.refusal);
      waiting += 1;
      try {
        const request = await app.waitRequest({ id, timeoutMs, signal: signal() });
        if (request === undefined) return requestNotFound();
        return { status: 200, body: requestJson(request, config.server.publicUrl) };
      } finally {
        waiting -= 1;
        admitted.leave();
      }
    },
  };
}

/** A wait token reads its own request only; any other token must belong to a principal. */
async function waiterOf(
  { app, identity }: RouteDeps,
  { token, proof }: Presented,
  id: string,
): Promise<Waiter | undefined> {
  // Computed first, so that an invented token costs no look-up.
  if (token.startsWith('wait_') && sameSecret(token, app.waitToken(id))) {
    const request = await app.loadForCard(id);
    if (request !== undefined && app.acceptsWaitToken(token, request)) return { request };
  }
  const by = await identity.verifyBearer(token, proof);
  return (await app.readRequest({ id, by })) && { by };
}
