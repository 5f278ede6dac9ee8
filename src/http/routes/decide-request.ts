import { z } from 'zod';
import { decisionView } from '../../domain/views/request-view.ts';
import { callerOf } from '../bearer.ts';
import { checkBody } from '../check-input.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { decisionAnswerSchema, requestPath } from '../openapi/schemas.ts';
import { refusalReply } from '../problem.ts';
import { decisionJson, requestJson } from '../representation.ts';
import type { Route } from '../route.ts';

const bodySchema = z.strictObject({
  word: z.enum(['approve', 'deny', 'withdraw']),
  stage: z.string().min(1).max(64).describe('Id of the stage'),
  after: z
    .string()
    .min(1)
    .max(64)
    .nullable()
    .default(null)
    .describe("Id of the caller's last decision on the stage; null where there is none"),
  revision: z.int().min(1).describe('The version of the request that was looked at'),
  digest: z.string().min(1).max(100).describe('The digest of the request that was looked at'),
  reason: z.string().nullable().default(null),
});

/** POST /v1/requests/:id/decisions. */
export const decideRequestRoute: Route = {
  method: 'POST',
  path: '/v1/requests/:id/decisions',
  operationId: 'decideRequest',
  summary: 'Approve or deny a stage, or withdraw the last word',
  description:
    'For people only. A word whose `after` is not the last word of the caller on that stage ' +
    'changes nothing and answers `counted: false` with how things stand.',
  tag: 'Requests',
  auth: 'bearer',
  params: requestPath,
  body: { schema: bodySchema, limit: 'apiBytes' },
  responses: { 200: jsonAnswer('Counted, or how things stand', decisionAnswerSchema) },
  problems: [
    'body_invalid',
    'request_not_found',
    'approver_not_person',
    'approver_is_agent',
    'own_request',
    'role_missing',
    'claim_mismatch',
    'step_up_required',
    'token_replayed',
    'stage_unknown',
    'stage_waiting',
    'stage_closed',
    'revision_unknown',
    'digest_mismatch',
    'nothing_to_withdraw',
    'request_closed',
    'request_expired',
    'reason_too_long',
  ],
  async handle({ req, params, body }, deps) {
    const by = await callerOf(deps, req);
    const result = await deps.app.decideRequest({
      ...checkBody(bodySchema, body),
      id: params.id ?? '',
      by,
      origin: {
        via: 'api',
        tenant: by.tenant,
        objectId: by.objectId,
        activityId: null,
        conversationId: null,
        exchangeId: null,
      },
      teams: null,
    });
    if (result.kind === 'refused') return refusalReply(result.refusal);
    const { request, decision } = result;
    return {
      status: 200,
      body: {
        request: requestJson(request, deps.config.server.publicUrl),
        decision: decision === null ? null : decisionJson(decisionView(request, decision)),
        counted: result.kind === 'decided',
      },
    };
  },
};
