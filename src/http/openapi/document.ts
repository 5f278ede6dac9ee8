import type { Route } from '../route.ts';
import { schemas } from './schemas.ts';

/** The OpenAPI 3.1 document of these routes: each route brings its own entry. */
export function openApiDocument(routes: readonly Route[], publicUrl: string): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const entry = (paths[path] ??= {});
    entry[route.method.toLowerCase()] = route.operation;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '1',
      description:
        'Human approval for sensitive actions. Errors are problem documents ' +
        '(RFC 9457) with a stable `code`.',
    },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An access token of a configured identity provider; one that is bound to ' +
            'a key is sent as DPoP with a proof (RFC 9449)',
        },
        waitToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'The wait token of one request, from POST /v1/requests',
        },
      },
    },
  };
}
