import { callerOf } from '../bearer.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { workflowListSchema } from '../openapi/schemas.ts';
import { workflowJson } from '../representation.ts';
import type { Route } from '../route.ts';

/** GET /v1/workflows: those that the caller may request. */
export const listWorkflowsRoute: Route = {
  method: 'GET',
  path: '/v1/workflows',
  operationId: 'listWorkflows',
  summary: 'Workflows that the caller may request',
  tag: 'Workflows',
  auth: 'bearer',
  responses: { 200: jsonAnswer('The workflows', workflowListSchema) },
  async handle({ req }, deps) {
    const by = await callerOf(deps, req);
    return { status: 200, body: { workflows: deps.app.listWorkflows(by).map(workflowJson) } };
  },
};
