import { z } from 'zod';
import { callerOf } from '../bearer.ts';
import { checkBody } from '../check-body.ts';
import { requestNotFound } from '../not-found.ts';
import {
  answer,
  bearer,
  bearerProblems,
  bodyProblems,
  idParameter,
  jsonBody,
  problem,
  schemaRef,
} from '../openapi/parts.ts';
import { refusalReply } from '../problem.ts';
import { requestJson } from '../representation.ts';
import type { Route, RouteDeps } from '../route.ts';

const bodySchema = z.strictObject({});

/** POST /v1/requests/:id/cancel: by its requester, while nothing is applied. */
export function cancelRequestRoute(deps: RouteDeps): Route {
  const { app, config, limits } = deps;
  return {
    method: 'POST',
    path: '/v1/requests/:id/cancel',
    operation: {
      operationId: 'cancelRequest',
      summary: 'Take a request back',
      tags: ['Requests'],
      security: bearer,
      parameters: [idParameter],
      requestBody: jsonBody({ type: 'object', additionalProperties: false }, false),
      responses: {
        200: answer('Cancelled', schemaRef('Request')),
        403: problem('Only its requester may cancel it'),
        404: problem('There is none, or the caller may not read it'),
        409: problem('It is too late'),
        ...bearerProblems,
        ...bodyProblems,
      },
    },
    takes: { limitBytes: limits.apiBytes, optional: true },
    async handle({ req, params, body }) {
      const by = await callerOf(deps, req);
      if (body !== undefined) checkBody(bodySchema, body);
      const id = params.id ?? '';
      const readable = await app.readRequest({ id, by });
      if (readable === undefined) return requestNotFound();
      const result = await app.cancelRequest({ id, by });
      if (result.kind === 'refused') return refusalReply(result.refusal);
      return { status: 200, body: requestJson(result.request, config.server.publicUrl) };
    },
  };
}
