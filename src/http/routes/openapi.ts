import { z } from 'zod';
import { jsonAnswer } from '../openapi/answers.ts';
import type { Route } from '../route.ts';

/** GET /openapi.json: the description of every route, this one included. */
export function openApiRoute(routes: readonly Route[]): Route {
  let text: string | undefined;
  const route: Route = {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'openapi',
    summary: 'This document',
    tag: 'Service',
    auth: 'none',
    responses: { 200: jsonAnswer('OpenAPI 3.1', z.looseObject({ openapi: z.string() })) },
    async handle(_call, { config, identity }) {
      if (text === undefined) {
        // Loaded here, so that a start does not wait for it.
        const { openApiDocument } = await import('../openapi/document.ts');
        const { publicUrl } = config.server;
        const { bearerCodes } = identity;
        text = JSON.stringify(openApiDocument([...routes, route], { publicUrl, bearerCodes }));
      }
      return { status: 200, body: text };
    },
  };
  return route;
}
