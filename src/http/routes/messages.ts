import { problem, jsonBody, bodyProblems } from '../openapi/parts.ts';
import type { Route, RouteDeps } from '../route.ts';

/** POST /api/messages: what Bot Framework sends; the gate behind the port checks its token. */
export function messagesRoute({ activities, limits }: RouteDeps): Route {
  return {
    method: 'POST',
    path: '/api/messages',
    operation: {
      operationId: 'messages', summary: 'Bot Framework activities', tags: ['Teams'],
      requestBody: jsonBody({ type: 'object' }),
      responses: {
        200: { description: 'The answer to an invoke' },
        202: { description: 'Taken' },
        401: problem('Not a token of Bot Framework for this bot'),
        ...bodyProblems,
      },
    },
    takes: { limitBytes: limits.activityBytes },
    handle: ({ req, body }) =>
      activities.messages({ authorization: req.headers.authorization, body }),
  };
}
