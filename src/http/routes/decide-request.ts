import { z } from 'zod';
import { stageAtRevision } from '../../domain/request/request.ts';
import type { Request } from '../../domain/request/request.ts';
import { callerOf } from '../bearer.ts';
import { checkBody } from '../check-body.ts';
import { requestNotFound } from '../not-found.ts';
import { jsonAnswer } from '../openapi/operation.ts';
import type { Operation } from '../openapi/operation.ts';
import { decisionAnswerSchema } from '../openapi/schemas.ts';
import { HttpProblem, refusalReply } from '../problem.ts';
import { decisionJson, requestJson } from '../representation.ts';
import { requestPath } from '../request-path.ts';
import type { Route, RouteDeps } from '../route.ts';

const bodySchema = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  stage: z
    .union([z.string().min(1).max(100), z.int().min(0).max(100)])
    .describe('Name of the stage, or its position from 0'),
  revision: z.int().min(1).describe('The version of the request that was looked at'),
  digest: z.string().min(1).max(100).describe('The digest of the request that was looked at'),
  reason: z.string().nullable().default(null),
});

const operation: Operation = {
  operationId: 'decideRequest',
  summary: 'Approve or deny the open stage',
  description: 'For people only. A repeated decision answers its first result.',
  tag: 'Requests',
  auth: 'bearer',
  path: requestPath,
  body: bodySchema,
  responses: { 200: jsonAnswer('Decided, now or before', decisionAnswerSchema) },
  problems: [
    'body_invalid',
    'request_not_found',
    'approver_not_person',
    'own_request',
    'role_missing',
    'claim_mismatch',
    'step_up_required',
    'token_replayed',
    'stage_mismatch',
    'stage_passed',
    'digest_mismatch',
    'already_decided',
    'request_closed',
    'request_expired',
    'reason_too_long',
  ],
};

/** POST /v1/requests/:id/decisions. */
export function decideRequestRoute(deps: RouteDeps): Route {
  const { app, config, limits } = deps;
  return {
    method: 'POST',
    path: '/v1/requests/:id/decisions',
    operation,
    takes: { limitBytes: limits.apiBytes },
    async handle({ req, params, body }) {
      const by = await callerOf(deps, req);
      const { decision, stage, revision, digest, reason } = checkBody(bodySchema, body);
      const id = params.id ?? '';
      const readable = await app.readRequest({ id, by });
      if (readable !== undefined) checkStage(readable, stage, revision);
      // Asked even where the caller may not read it, so that the refusal is on record.
      const result = await app.decideRequest({
        id,
        by,
        decision,
        reason,
        digest,
        revision,
        channel: {
          via: 'api',
          tenant: by.tenant,
          objectId: by.objectId,
          activityId: null,
          conversationId: null,
          exchangeId: null,
        },
        teams: null,
      });
      if (result.kind === 'refused') {
        return readable === undefined ? requestNotFound() : refusalReply(result.refusal);
      }
      return {
        status: 200,
        body: {
          request: requestJson(result.request, config.server.publicUrl),
          decision: result.decision === null ? null : decisionJson(result.decision, result.request),
        },
      };
    },
  };
}

/** The stage that the caller means must be the one that the revision showed. */
function checkStage(request: Request, stage: string | number, revision: number): void {
  const shown = stageAtRevision(request, revision);
  if (shown === undefined) {
    throw new HttpProblem('stage_mismatch', `There is no revision ${revision} yet.`);
  }
  const name = request.plan.stages[shown]?.name;
  if (stage === shown || stage === name) return;
  throw new HttpProblem(
    'stage_mismatch',
    `Revision ${revision} showed the stage ${shown} ("${name}"). Read the request again.`,
  );
}
