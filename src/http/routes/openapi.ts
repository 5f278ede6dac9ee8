import { openApiDocument } from '../openapi/document.ts';
import type { Route, RouteDeps } from '../route.ts';

/** GET /openapi.json: this very list of routes, described. */
export function openApiRoute({ config }: RouteDeps, routes: readonly Route[]): Route {
  let text: string | undefined;
  const route: Route = {
    method: 'GET',
    path: '/openapi.json',
    operation: {
      operationId: 'openapi',
      summary: 'This document',
      tags: ['Service'],
      responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': {} } } },
    },
    handle() {
      text ??= JSON.stringify(openApiDocument([...routes, route], config.server.publicUrl));
      return Promise.resolve({ status: 200, body: text, contentType: 'application/json' });
    },
  };
  return route;
}
