import type { Route, RouteDeps } from './route.ts';
import {
  auditCheckpointRoute,
  auditEntriesRoute,
  consistencyProofRoute,
  inclusionProofRoute,
} from './routes/audit.ts';
import { cancelRequestRoute } from './routes/cancel-request.ts';
import { decideRequestRoute } from './routes/decide-request.ts';
import { erasePersonRoute } from './routes/erase-person.ts';
import { dropJobRoute, listJobsRoute, readJobRoute, retryJobRoute } from './routes/jobs.ts';
import { listRequestsRoute } from './routes/list-requests.ts';
import { listWorkflowsRoute } from './routes/list-workflows.ts';
import { messagesRoute } from './routes/messages.ts';
import { openApiRoute } from './routes/openapi.ts';
import { operatorPageRoutes } from './routes/operator-pages.ts';
import { readRequestRoute } from './routes/read-request.ts';
import { healthRoute, jwksRoute, metricsRoute, readyRoute } from './routes/service.ts';
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
    messagesRoute,
    submitRequestRoute,
    listRequestsRoute,
    readRequestRoute,
    waitRequestRoute(),
    decideRequestRoute,
    cancelRequestRoute,
    listWorkflowsRoute,
    erasePersonRoute,
    auditCheckpointRoute,
    auditEntriesRoute,
    inclusionProofRoute,
    consistencyProofRoute,
    listJobsRoute,
    readJobRoute,
    retryJobRoute,
    dropJobRoute,
    jwksRoute,
    healthRoute,
    readyRoute(deps),
    metricsRoute(deps),
    signInStartRoute,
    signInBeginRoute,
    signInCallbackRoute,
    assetRoute,
    ...operatorPageRoutes,
  ];
  return [...routes, openApiRoute(routes)];
}
