import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { callerOf } from '../bearer.ts';
import { checkBody } from '../check-body.ts';
import { HttpProblem, refusalReply } from '../problem.ts';
import { requestJson } from '../representation.ts';
import {
  answer,
  bearer,
  bearerProblems,
  bodyProblems,
  jsonBody,
  problem,
  schemaRef,
} from '../openapi/parts.ts';
import type { Route, RouteDeps } from '../route.ts';

const bodySchema = z.strictObject({
  workflow: z.string().min(1).max(100),
  fields: z
    .record(z.string().max(100), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .default({}),
  reason: z.string().nullable().default(null),
});

const operation = {
  operationId: 'submitRequest',
  summary: 'Ask for something',
  tags: ['Requests'],
  security: bearer,
  parameters: [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'Send the same key with a repeat: it is answered with the first request',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
    },
  ],
  requestBody: jsonBody(z.toJSONSchema(bodySchema, { io: 'input' })),
  responses: {
    201: answer('Asked', schemaRef('SubmittedRequest'), {
      Location: { schema: { type: 'string', format: 'uri' } },
    }),
    200: answer('A repeat of a request that was made before', schemaRef('SubmittedRequest')),
    403: problem('This principal may not ask for it'),
    ...bearerProblems,
    ...bodyProblems,
  },
};

/** POST /v1/requests. */
export function submitRequestRoute(deps: RouteDeps): Route {
  const { app, config, limits } = deps;
  const { publicUrl } = config.server;
  return {
    method: 'POST',
    path: '/v1/requests',
    operation,
    takes: { limitBytes: limits.apiBytes },
    async handle({ req, body }) {
      const by = await callerOf(deps, req);
      const { workflow, fields, reason } = checkBody(bodySchema, body);
      const idempotencyKey = idempotencyKeyOf(req);
      const result = await app.submitRequest({
        workflow,
        fields,
        reason,
        by,
        idempotencyKey,
        teams: null,
      });
      if (result.kind === 'refused') return refusalReply(result.refusal);
      const json = requestJson(result.request, publicUrl);
      return {
        status: result.kind === 'submitted' ? 201 : 200,
        body: { ...json, waitToken: app.waitToken(result.request.id) },
        headers: { location: json.url },
      };
    },
  };
}

function idempotencyKeyOf(req: IncomingMessage): string | null {
  const key = req.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new HttpProblem('idempotency_key_invalid', 'Use 1 to 255 visible ASCII characters, once.');
}
