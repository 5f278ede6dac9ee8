import { callerOf } from '../bearer.ts';
import { jsonAnswer } from '../openapi/operation.ts';
import { workflowListSchema } from '../openapi/schemas.ts';
import { workflowJson } from '../representation.ts';
import type { Route, RouteDeps } from '../route.ts';

/** GET /v1/workflows: those that the caller may request. */
export function listWorkflowsRoute(deps: RouteDeps): Route {
  const { app } = deps;
  return {
    method: 'GET',
    path: '/v1/workflows',
    operation: {
      operationId: 'listWorkflows',
      summary: 'Workflows that the caller may request',
      tag: 'Workflows',
      auth: 'bearer',
      responses: { 200: jsonAnswer('The workflows', workflowListSchema) },
    },
    async handle({ req }) {
      const by = await callerOf(deps, req);
      return { status: 200, body: { workflows: app.listWorkflows(by).map(workflowJson) } };
    },
  };
}
