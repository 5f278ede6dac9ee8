import { z } from 'zod';
import { jsonAnswer } from '../openapi/operation.ts';
import { HttpProblem, errorReply } from '../problem.ts';
import type { Reply, Route, RouteDeps } from '../route.ts';

/** POST /api/messages: activities of Bot Framework. The gate behind the port checks the token. */
export function messagesRoute({ activities, limits }: RouteDeps): Route {
  return {
    method: 'POST',
    path: '/api/messages',
    operation: {
      operationId: 'messages',
      summary: 'Bot Framework activities',
      tag: 'Teams',
      auth: 'bot-framework',
      body: z.looseObject({ type: z.string() }).describe('An activity of Bot Framework'),
      responses: {
        200: jsonAnswer('The answer to an invoke; without a body for others', z.looseObject({})),
      },
      problems: ['activity_refused'],
    },
    takes: { limitBytes: limits.activityBytes },
    async handle({ req, body }) {
      const { authorization } = req.headers;
      const answer = await activities.messages({ authorization, body });
      if (answer.status === 401) return keptOut(answer.code);
      return { status: answer.status, body: answer.body };
    },
  };
}

/** One answer for every reason, as the sender is unknown; metrics count the reason. */
function keptOut(code: string | undefined): Reply {
  const problem = new HttpProblem('activity_refused', 'Only Teams sends activities, for this bot.');
  const reply = errorReply(problem);
  return code === undefined ? reply : { ...reply, code };
}
