import { answer, schemaRef } from '../openapi/parts.ts';
import type { Route, RouteDeps } from '../route.ts';

/** GET /.well-known/jwks.json: our own public keys. */
export function jwksRoute({ jwks }: RouteDeps): Route {
  return {
    method: 'GET',
    path: '/.well-known/jwks.json',
    operation: {
      operationId: 'jwks',
      summary: 'Public keys of this service',
      tags: ['Service'],
      responses: { 200: answer('A JWK set (RFC 7517)', schemaRef('Jwks')) },
    },
    async handle() {
      return {
        status: 200,
        body: await jwks(),
        contentType: 'application/jwk-set+json',
        headers: { 'cache-control': 'public, max-age=300' },
      };
    },
  };
}
