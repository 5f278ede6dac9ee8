import { z } from 'zod';
import { jsonAnswer } from '../openapi/operation.ts';
import type { Route, RouteDeps } from '../route.ts';

/** GET /openapi.json: the description of every route, this one included. */
export function openApiRoute({ config, identity }: RouteDeps, routes: readonly Route[]): Route {
  const { publicUrl } = config.server;
  let text: string | undefined;
  const route: Route = {
    method: 'GET',
    path: '/openapi.json',
    operation: {
      operationId: 'openapi',
      summary: 'This document',
      tag: 'Service',
      auth: 'none',
      responses: { 200: jsonAnswer('OpenAPI 3.1', z.looseObject({ openapi: z.string() })) },
    },
    async handle() {
      if (text === undefined) {
        // Loaded here, so that a start does not wait for it.
        const { openApiDocument } = await import('../openapi/document.ts');
        text = JSON.stringify(
          openApiDocument([...routes, route], { publicUrl, bearerCodes: identity.bearerCodes }),
        );
      }
      return { status: 200, body: text, contentType: 'application/json' };
    },
  };
  return route;
}
