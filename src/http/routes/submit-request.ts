import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { callerOf } from '../bearer.ts';
import { checkBody } from '../check-input.ts';
import { HttpProblem, refusalReply } from '../problem.ts';
import { requestJson } from '../representation.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { submittedSchema } from '../openapi/schemas.ts';
import type { Route } from '../route.ts';

const bodySchema = z.strictObject({
  workflow: z.string().min(1).max(100),
  fields: z
    .record(z.string().max(100), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .default({}),
  reason: z.string().nullable().default(null),
});

const headerSchema = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x21-\x7e]*$/)
    .optional()
    .describe('Send the same key with a repeat: it is answered with the first request'),
});

/** POST /v1/requests. */
export const submitRequestRoute: Route = {
  method: 'POST',
  path: '/v1/requests',
  operationId: 'submitRequest',
  summary: 'Make a request',
  tag: 'Requests',
  auth: 'bearer',
  header: headerSchema,
  body: { schema: bodySchema, limit: 'apiBytes' },
  responses: {
    201: jsonAnswer('Made', submittedSchema, {
      headers: z.object({ Location: z.string().describe('Address of the request') }),
    }),
    200: jsonAnswer('A repeat of a request that was made before', submittedSchema),
  },
  problems: [
    'body_invalid',
    'requester_not_allowed',
    'agent_not_allowed',
    'rerun_unproven',
    'rate_limited',
    'claim_unavailable',
    'token_replayed',
    'workflow_unknown',
    'field_unknown',
    'field_missing',
    'field_invalid',
    'request_too_large',
    'reason_too_long',
    'no_stage_applies',
    'idempotency_mismatch',
    'idempotency_key_invalid',
  ],
  async handle({ req, body }, deps) {
    const { app, config } = deps;
    const by = await callerOf(deps, req);
    const asked = checkBody(bodySchema, body);
    const idempotencyKey = idempotencyKeyOf(req);
    const result = await app.submitRequest({ ...asked, by, idempotencyKey, teams: null });
    if (result.kind === 'refused') return refusalReply(result.refusal);
    const json = requestJson(result.request, config.server.publicUrl);
    return {
      status: result.kind === 'submitted' ? 201 : 200,
      body: { ...json, waitToken: app.waitToken(result.request.id) },
      headers: { location: json.url },
    };
  },
};

function idempotencyKeyOf(req: IncomingMessage): string | null {
  const header = headerSchema.safeParse({ 'Idempotency-Key': req.headers['idempotency-key'] });
  if (header.success) return header.data['Idempotency-Key'] ?? null;
  throw new HttpProblem('idempotency_key_invalid', 'Use 1 to 255 visible ASCII characters, once.');
}
