import { REQUEST_STATES } from '../../domain/request/request.ts';
import type { RequestState } from '../../domain/request/request.ts';
import { callerOf } from '../bearer.ts';
import { answer, bearer, bearerProblems, problem, schemaRef } from '../openapi/parts.ts';
import { HttpProblem } from '../problem.ts';
import { checkQuery, queryOf, shortText, wholeNumber } from '../query.ts';
import { requestJson } from '../representation.ts';
import type { Route, RouteDeps } from '../route.ts';

const LIMIT = { min: 1, max: 100, default: 20 };

const operation = {
  operationId: 'listRequests',
  summary: 'Requests that the caller may read, newest first',
  tags: ['Requests'],
  security: bearer,
  parameters: [
    {
      name: 'state',
      in: 'query',
      description: 'May stand more than once',
      schema: { type: 'array', items: { type: 'string', enum: [...REQUEST_STATES] } },
    },
    { name: 'workflow', in: 'query', schema: { type: 'string' } },
    {
      name: 'requester',
      in: 'query',
      description: '`me`, or the key of a principal',
      schema: { type: 'string' },
    },
    {
      name: 'cursor',
      in: 'query',
      description: 'From the page before',
      schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
    },
    {
      name: 'limit',
      in: 'query',
      schema: { type: 'integer', minimum: LIMIT.min, maximum: LIMIT.max, default: LIMIT.default },
    },
  ],
  responses: {
    200: answer('A page; `cursor` is null on the last', schemaRef('RequestList')),
    400: problem('A query parameter is not valid'),
    ...bearerProblems,
  },
};

/** GET /v1/requests. */
export function listRequestsRoute(deps: RouteDeps): Route {
  const { app, config } = deps;
  return {
    method: 'GET',
    path: '/v1/requests',
    operation,
    async handle({ req }) {
      const by = await callerOf(deps, req);
      const query = queryOf(req.url);
      checkQuery(query, { once: ['workflow', 'requester', 'cursor', 'limit'], many: ['state'] });
      const states = query.getAll('state').map(toState);
      const workflow = shortText(query, 'workflow');
      const requester = shortText(query, 'requester');
      const cursor = shortText(query, 'cursor');
      if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
        throw new HttpProblem('query_invalid', 'cursor must come from a page of this list.');
      }
      const page = await app.listRequests({
        by,
        limit: wholeNumber(query, 'limit', LIMIT),
        ...(states.length > 0 ? { states: [...new Set(states)] } : {}),
        ...(workflow === undefined ? {} : { workflow }),
        ...(requester === undefined ? {} : { requester: requester === 'me' ? by.key : requester }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return {
        status: 200,
        body: {
          requests: page.requests.map((request) => requestJson(request, config.server.publicUrl)),
          cursor: page.cursor,
        },
      };
    },
  };
}

function toState(text: string): RequestState {
  const state = REQUEST_STATES.find((name) => name === text);
  if (state !== undefined) return state;
  throw new HttpProblem('query_invalid', `state must be one of ${REQUEST_STATES.join(', ')}.`);
}
