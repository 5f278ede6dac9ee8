import { jsonAnswer, textAnswer } from '../openapi/answers.ts';
import { healthSchema, jwksSchema, readinessSchema } from '../openapi/schemas.ts';
import type { Route, RouteDeps } from '../route.ts';
import { sharedReading } from '../shared-reading.ts';

/** How long the answer of a route without a token is kept. */
const KEEP_MS = 1_000;
const JWK_SET = 'application/jwk-set+json';

/** GET /healthz: this process answers. */
export const healthRoute: Route = {
  method: 'GET',
  path: '/healthz',
  operationId: 'health',
  summary: 'Whether the process answers',
  tag: 'Service',
  auth: 'none',
  responses: { 200: jsonAnswer('It does', healthSchema) },
  handle: () => Promise.resolve({ status: 200, body: { status: 'ok' } }),
};

/** GET /readyz: the process and what it depends on answer; 503 while it stops. */
export function readyRoute({ ready, stopping, log, clock }: RouteDeps): Route {
  // It writes to the store, and it needs no token.
  const reading = sharedReading(ready, { clock, keepMs: KEEP_MS });
  return {
    method: 'GET',
    path: '/readyz',
    operationId: 'ready',
    summary: 'Whether requests may be sent here',
    tag: 'Service',
    auth: 'none',
    responses: {
      200: jsonAnswer('Ready', readinessSchema),
      503: jsonAnswer('Not ready', readinessSchema),
    },
    async handle() {
      if (stopping.aborted) {
        return { status: 503, body: { ok: false, checks: { server: 'stopping' } } };
      }
      const { ok, checks } = await reading();
      if (!ok) log.warn('not ready', { checks });
      // It needs no token, so the reasons go to the log only.
      const shown = Object.entries(checks).map(([name, word]) => [
        name,
        word === 'ok' ? 'ok' : 'failed',
      ]);
      return { status: ok ? 200 : 503, body: { ok, checks: Object.fromEntries(shown) } };
    },
  };
}

/** GET /metrics: counters and gauges for Prometheus, without persons or requests. */
export function metricsRoute({ metrics, gauges, counters, clock }: RouteDeps): Route {
  const reading = gauges && sharedReading(gauges, { clock, keepMs: KEEP_MS });
  return {
    method: 'GET',
    path: '/metrics',
    operationId: 'metrics',
    summary: 'Counters for Prometheus',
    tag: 'Service',
    auth: 'none',
    responses: { 200: textAnswer('Text exposition format', 'text/plain') },
    async handle() {
      return {
        status: 200,
        body: metrics.render((await reading?.()) ?? {}, counters?.() ?? {}),
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      };
    },
  };
}

/** GET /.well-known/jwks.json: our own public keys. */
export const jwksRoute: Route = {
  method: 'GET',
  path: '/.well-known/jwks.json',
  operationId: 'jwks',
  summary: 'Public keys of this service',
  tag: 'Service',
  auth: 'none',
  responses: { 200: jsonAnswer('A JWK set (RFC 7517)', jwksSchema, { contentType: JWK_SET }) },
  async handle(_call, { jwks }) {
    return {
      status: 200,
      body: await jwks(),
      headers: { 'content-type': JWK_SET, 'cache-control': 'public, max-age=300' },
    };
  },
};
