import { jsonAnswer } from '../openapi/operation.ts';
import { jwksSchema } from '../openapi/schemas.ts';
import type { Route, RouteDeps } from '../route.ts';

const contentType = 'application/jwk-set+json';

/** GET /.well-known/jwks.json: our own public keys. */
export function jwksRoute({ jwks }: RouteDeps): Route {
  return {
    method: 'GET',
    path: '/.well-known/jwks.json',
    operation: {
      operationId: 'jwks',
      summary: 'Public keys of this service',
      tag: 'Service',
      auth: 'none',
      responses: { 200: jsonAnswer('A JWK set (RFC 7517)', jwksSchema, { contentType }) },
    },
    async handle() {
      return {
        status: 200,
        body: await jwks(),
        contentType,
        headers: { 'cache-control': 'public, max-age=300' },
      };
    },
  };
}
