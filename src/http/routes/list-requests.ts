import { z } from 'zod';
import { REQUEST_STATES } from '../../domain/request/state.ts';
import { callerOf } from '../bearer.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { requestListSchema } from '../openapi/schemas.ts';
import { refusalReply } from '../problem.ts';
import { readQuery } from '../check-input.ts';
import { requestJson } from '../representation.ts';
import type { Route } from '../route.ts';

const shortText = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must be visible characters');

const querySchema = z.object({
  state: z.array(z.enum(REQUEST_STATES)).optional().describe('May be given more than once'),
  workflow: shortText.optional().describe('Id of a workflow'),
  requester: shortText.optional().describe('`me`, or the key of a principal'),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'must come from a page of this list')
    .optional()
    .describe('From the page before'),
  limit: z.int().min(1).max(100).default(20),
});

/** GET /v1/requests. */
export const listRequestsRoute: Route = {
  method: 'GET',
  path: '/v1/requests',
  operationId: 'listRequests',
  summary: 'Requests that the caller may read, newest first',
  tag: 'Requests',
  auth: 'bearer',
  query: querySchema,
  responses: { 200: jsonAnswer('A page; `cursor` is null on the last', requestListSchema) },
  problems: ['query_invalid', 'rate_limited'],
  async handle({ req }, deps) {
    const by = await callerOf(deps, req);
    const admitted = deps.app.admitList(by);
    if (!admitted.ok) return refusalReply(admitted.refusal);
    const { state = [], workflow, requester, cursor, limit } = readQuery(querySchema, req.url);
    const page = await deps.app.listRequests({
      by,
      limit,
      ...(state.length > 0 ? { states: [...new Set(state)] } : {}),
      ...(workflow === undefined ? {} : { workflow }),
      ...(requester === undefined ? {} : { requester: requester === 'me' ? by.key : requester }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const { publicUrl } = deps.config.server;
    const requests = page.requests.map((request) => requestJson(request, publicUrl));
    return { status: 200, body: { requests, cursor: page.cursor } };
  },
};
