import { jsonAnswer } from '../openapi/operation.ts';
import { healthSchema, readinessSchema } from '../openapi/schemas.ts';
import type { Route, RouteDeps } from '../route.ts';
import { sharedReading } from '../shared-reading.ts';

const KEEP_MS = 1_000;

/** GET /healthz: this process answers. */
export function healthRoute(): Route {
  return {
    method: 'GET',
    path: '/healthz',
    operation: {
      operationId: 'health',
      summary: 'Whether the process answers',
      tag: 'Service',
      auth: 'none',
      responses: { 200: jsonAnswer('It does', healthSchema) },
    },
    handle: () => Promise.resolve({ status: 200, body: { status: 'ok' } }),
  };
}

/** GET /readyz: the process and what it depends on answer; 503 while it stops. */
export function readyRoute({ ready, stopping, log, clock }: RouteDeps): Route {
  // It writes to the store, and it needs no token.
  const reading = sharedReading(ready, { clock, keepMs: KEEP_MS });
  return {
    method: 'GET',
    path: '/readyz',
    operation: {
      operationId: 'ready',
      summary: 'Whether requests may be sent here',
      tag: 'Service',
      auth: 'none',
      responses: {
        200: jsonAnswer('Ready', readinessSchema),
        503: jsonAnswer('Not ready', readinessSchema),
      },
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
