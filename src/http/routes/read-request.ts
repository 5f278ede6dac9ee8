import { callerOf } from '../bearer.ts';
import { requestNotFound } from '../not-found.ts';
import {
  answer,
  bearer,
  bearerProblems,
  idParameter,
  problem,
  schemaRef,
} from '../openapi/parts.ts';
import { requestJson } from '../representation.ts';
import type { Route, RouteDeps } from '../route.ts';

/** GET /v1/requests/:id. */
export function readRequestRoute(deps: RouteDeps): Route {
  const { app, config } = deps;
  return {
    method: 'GET',
    path: '/v1/requests/:id',
    operation: {
      operationId: 'readRequest',
      summary: 'One request',
      tags: ['Requests'],
      security: bearer,
      parameters: [idParameter],
      responses: {
        200: answer('The request', schemaRef('Request')),
        404: problem('There is none, or the caller may not read it'),
        ...bearerProblems,
      },
    },
    async handle({ req, params }) {
      const by = await callerOf(deps, req);
      const request = await app.readRequest({ id: params.id ?? '', by });
      if (request === undefined) return requestNotFound();
      return { status: 200, body: requestJson(request, config.server.publicUrl) };
    },
  };
}
