import { z } from 'zod';
import { jsonAnswer } from '../openapi/answers.ts';
import { HttpProblem, errorReply } from '../problem.ts';
import type { Reply, Route } from '../route.ts';

/** POST /api/messages: activities of Bot Framework. The gate behind the port checks the token. */
export const messagesRoute: Route = {
  method: 'POST',
  path: '/api/messages',
  operationId: 'messages',
  summary: 'Bot Framework activities',
  tag: 'Teams',
  auth: 'bot-framework',
  body: {
    schema: z.looseObject({ type: z.string() }).describe('An activity of Bot Framework'),
    limit: 'activityBytes',
  },
  responses: {
    200: jsonAnswer('The answer to an invoke; without a body for others', z.looseObject({})),
  },
  problems: ['activity_refused'],
  async handle({ req, body }, { activities }) {
    const { authorization } = req.headers;
    const answer = await activities.messages({ authorization, body });
    if (answer.status === 401) return keptOut(answer.code);
    return { status: answer.status, body: answer.body };
  },
};

/** One answer for every reason, as the sender is unknown; metrics count the reason. */
function keptOut(code: string | undefined): Reply {
  const problem = new HttpProblem('activity_refused', 'Only Teams sends activities, for this bot.');
  const reply = errorReply(problem);
  return code === undefined ? reply : { ...reply, code };
}
