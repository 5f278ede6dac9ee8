import { z } from 'zod';
import { callerOf } from '../bearer.ts';
import { checkBody } from '../check-body.ts';
import { jsonAnswer } from '../openapi/operation.ts';
import type { Operation } from '../openapi/operation.ts';
import { requestSchema } from '../openapi/schemas.ts';
import { refusalReply } from '../problem.ts';
import { requestJson } from '../representation.ts';
import { requestPath } from '../request-path.ts';
import type { Route, RouteDeps } from '../route.ts';

const bodySchema = z.strictObject({});

const operation: Operation = {
  operationId: 'cancelRequest',
  summary: 'Cancel a request',
  description: 'For its requester or beneficiary, while it is pending.',
  tag: 'Requests',
  auth: 'bearer',
  path: requestPath,
  body: bodySchema,
  responses: { 200: jsonAnswer('Cancelled, now or before', requestSchema) },
  problems: [
    'body_invalid',
    'request_not_found',
    'not_requester',
    'too_late_to_cancel',
    'request_closed',
    'request_expired',
  ],
};

/** POST /v1/requests/:id/cancel: by its requester, while the request is pending. */
export function cancelRequestRoute(deps: RouteDeps): Route {
  const { app, config, limits } = deps;
  return {
    method: 'POST',
    path: '/v1/requests/:id/cancel',
    operation,
    takes: { limitBytes: limits.apiBytes, optional: true },
    async handle({ req, params, body }) {
      const by = await callerOf(deps, req);
      if (body !== undefined) checkBody(bodySchema, body);
      const result = await app.cancelRequest({ id: params.id ?? '', by });
      if (result.kind === 'refused') return refusalReply(result.refusal);
      return { status: 200, body: requestJson(result.request, config.server.publicUrl) };
    },
  };
}
