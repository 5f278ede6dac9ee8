import { callerOf } from '../bearer.ts';
import { answer, bearer, bearerProblems, schemaRef } from '../openapi/parts.ts';
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
      tags: ['Workflows'],
      security: bearer,
      responses: {
        200: answer('The workflows', schemaRef('WorkflowList')),
        ...bearerProblems,
      },
    },
    async handle({ req }) {
      const by = await callerOf(deps, req);
      return { status: 200, body: { workflows: app.listWorkflows(by).map(workflowJson) } };
    },
  };
}
