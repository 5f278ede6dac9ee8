import { callerOf } from '../bearer.ts';
import { requestNotFound } from '../not-found.ts';
import { jsonAnswer } from '../openapi/operation.ts';
import { requestSchema } from '../openapi/schemas.ts';
import { requestJson } from '../representation.ts';
import { requestPath } from '../request-path.ts';
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
      tag: 'Requests',
      auth: 'bearer',
      path: requestPath,
      responses: { 200: jsonAnswer('The request', requestSchema) },
      problems: ['request_not_found'],
    },
    async handle({ req, params }) {
      const by = await callerOf(deps, req);
      const request = await app.readRequest({ id: params.id ?? '', by });
      if (request === undefined) return requestNotFound();
      return { status: 200, body: requestJson(request, config.server.publicUrl) };
    },
  };
}
