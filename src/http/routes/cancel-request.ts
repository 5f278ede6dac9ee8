import { z } from 'zod';
import { callerOf } from '../bearer.ts';
import { checkBody } from '../check-input.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { requestPath, requestSchema } from '../openapi/schemas.ts';
import { refusalReply } from '../problem.ts';
import { requestJson } from '../representation.ts';
import type { Route } from '../route.ts';

const bodySchema = z.strictObject({});

/** POST /v1/requests/:id/cancel: by its requester, while the request is pending. */
export const cancelRequestRoute: Route = {
  method: 'POST',
  path: '/v1/requests/:id/cancel',
  operationId: 'cancelRequest',
  summary: 'Cancel a request',
  description: 'For its requester or beneficiary, while it is pending.',
  tag: 'Requests',
  auth: 'bearer',
  params: requestPath,
  body: { schema: bodySchema, limit: 'apiBytes', optional: true },
  responses: { 200: jsonAnswer('Cancelled, now or before', requestSchema) },
  problems: [
    'body_invalid',
    'request_not_found',
    'not_requester',
    'too_late_to_cancel',
    'request_closed',
    'request_expired',
  ],
  async handle({ req, params, body }, deps) {
    const by = await callerOf(deps, req);
    if (body !== undefined) checkBody(bodySchema, body);
    const result = await deps.app.cancelRequest({ id: params.id ?? '', by });
    if (result.kind === 'refused') return refusalReply(result.refusal);
    return { status: 200, body: requestJson(result.request, deps.config.server.publicUrl) };
  },
};
