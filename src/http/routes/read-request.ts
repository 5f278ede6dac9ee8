import { callerOf } from '../bearer.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { requestPath, requestWithCardsSchema } from '../openapi/schemas.ts';
import { requestNotFound } from '../problem.ts';
import { cardJson, requestJson } from '../representation.ts';
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
  responses: { 200: jsonAnswer('The request', requestWithCardsSchema) },
  problems: ['request_not_found'],
  async handle({ req, params }, deps) {
    const by = await callerOf(deps, req);
    const found = await deps.app.readRequestWithCards({ id: params.id ?? '', by });
    if (found === undefined) return requestNotFound();
    const { request, cards } = found;
    const body = requestJson(request, deps.config.server.publicUrl);
    return { status: 200, body: { ...body, cards: cards.map(cardJson) } };
  },
};
