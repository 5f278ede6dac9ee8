import { textAnswer } from '../openapi/operation.ts';
import type { Route, RouteDeps } from '../route.ts';
import { sharedReading } from '../shared-reading.ts';

const KEEP_MS = 1_000;

/** GET /metrics: counters and gauges for Prometheus, without persons or requests. */
export function metricsRoute({ metrics, gauges, clock }: RouteDeps): Route {
  const reading = gauges && sharedReading(gauges, { clock, keepMs: KEEP_MS });
  return {
    method: 'GET',
    path: '/metrics',
    operation: {
      operationId: 'metrics',
      summary: 'Counters for Prometheus',
      tag: 'Service',
      auth: 'none',
      responses: { 200: textAnswer('Text exposition format', 'text/plain') },
    },
    async handle() {
      return {
        status: 200,
        body: metrics.render((await reading?.()) ?? {}),
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
      };
    },
  };
}
