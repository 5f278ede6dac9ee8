import type { Route, RouteDeps } from './route.ts';
import { cancelRequestRoute } from './routes/cancel-request.ts';
import { decideRequestRoute } from './routes/decide-request.ts';
import { erasePersonRoute } from './routes/erase-person.ts';
import { healthRoute, readyRoute } from './routes/health.ts';
import { jwksRoute } from './routes/jwks.ts';
import { listRequestsRoute } from './routes/list-requests.ts';
import { listWorkflowsRoute } from './routes/list-workflows.ts';
import { messagesRoute } from './routes/messages.ts';
import { metricsRoute } from './routes/metrics.ts';
import { openApiRoute } from './routes/openapi.ts';
import { readRequestRoute } from './routes/read-request.ts';
import {
  assetRoute,
  signInBeginRoute,
  signInCallbackRoute,
  signInStartRoute,
} from './routes/sign-in.ts';
import { submitRequestRoute } from './routes/submit-request.ts';
import { waitRequestRoute } from './routes/wait-request.ts';

/** Every route of the server. */
export function allRoutes(deps: RouteDeps): readonly Route[] {
  const routes = [
    messagesRoute(deps),
    submitRequestRoute(deps),
    listRequestsRoute(deps),
    readRequestRoute(deps),
    waitRequestRoute(deps),
    decideRequestRoute(deps),
    cancelRequestRoute(deps),
    listWorkflowsRoute(deps),
    erasePersonRoute(deps),
    jwksRoute(deps),
    healthRoute(),
    readyRoute(deps),
    metricsRoute(deps),
    signInStartRoute(deps),
    signInBeginRoute(deps),
    signInCallbackRoute(deps),
    assetRoute(deps),
  ];
  return [...routes, openApiRoute(deps, routes)];
}
