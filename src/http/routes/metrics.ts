import type { Route, RouteDeps } from '../route.ts';

/** GET /metrics: counters and gauges for Prometheus. They name no person and no request. */
export function metricsRoute({ metrics, gauges }: RouteDeps): Route {
  return {
    method: 'GET',
    path: '/metrics',
    operation: {
      operationId: 'metrics', summary: 'Counters for Prometheus', tags: ['Service'],
      responses: { 200: { description: 'Text exposition format', content: { 'text/plain': {} } } },
    },
    async handle() {
      return {
        status: 200,
        body: metrics.render((await gauges?.()) ?? {}),
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
      };
    },
  };
}
