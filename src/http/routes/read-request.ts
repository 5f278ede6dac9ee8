import { callerOf } from '../bearer.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { requestPath, requestSchema } from '../openapi/schemas.ts';
import { requestNotFound } from '../problem.ts';
import { requestJson } from '../representation.ts';
import type { Route } from '../route.ts';

/** GET /v1/requests/:id. */
export const readRequestRoute: Route = {
  method: 'GET',
  path: '/v1/requests/:id',
  operationId: 'readRequest',
  summary: 'One request',
  tag: 'Requests',
  auth: 'bearer',
  params: requestPath,
  responses: { 200: jsonAnswer('The request', requestSchema) },
  problems: ['request_not_found'],
  async handle({ req, params }, deps) {
    const by = await callerOf(deps, req);
    const request = await deps.app.readRequest({ id: params.id ?? '', by });
    if (request === undefined) return requestNotFound();
    return { status: 200, body: requestJson(request, deps.config.server.publicUrl) };
  },
};
