import { stamp } from './build-change.ts';
import type { App } from './app-port.ts';
import { cancelRequest } from './cancel-request.ts';
import { refreshFor, viewerOf } from './card-views.ts';
import { decideRequest } from './decide-request.ts';
import type { Deps } from './deps.ts';
import { findWorkflow, listWorkflows } from './find-workflow.ts';
import { personKey } from './people.ts';
import { listRequests, readRequest, readRequestByNumber } from './read-requests.ts';
import { createRefusalRecorder } from './record-refusal.ts';
import type { RefusalRecorder } from './record-refusal.ts';
import { createRememberConversation } from './remember-conversation.ts';
import { createSeenPeople } from './seen-people.ts';
import { submitRequest } from './submit-request.ts';
import { acceptsWaitToken, waitRequest, waitToken } from './wait-request.ts';

/** The use cases as the ingresses call them. */
export function createApp(given: Deps): App {
  const deps = { ...given, refusals: createRefusalRecorder(), seen: createSeenPeople() };
  return {
    submitRequest: (input) => submitRequest(deps, input),
    decideRequest: (input) => decideRequest(deps, input),
    cancelRequest: (input) => cancelRequest(deps, input),
    readRequest: (input) => readRequest(deps, input),
    readRequestByNumber: (input) => readRequestByNumber(deps, input),
    loadForCard: (id) => deps.store.loadRequest(id),
    listRequests: (input) => listRequests(deps, input),
    waitRequest: (input) => waitRequest(deps, input),
    waitToken: (requestId) => waitToken(deps, requestId),
    acceptsWaitToken: (token, request) => acceptsWaitToken(deps, token, request),
    listWorkflows: (by) => listWorkflows(deps.workflows, by),
    findWorkflow: (text) => findWorkflow(deps.workflows, text),
    getWorkflow: (id) => deps.workflows.get(id),
    rememberConversation: createRememberConversation(deps),
    refreshFor: (request) => refreshFor(deps, request),
    viewerOf: (request, sender) => viewerOf(deps, request, sender),
    recordMismatch: (input) => recordMismatch(deps, input),
  };
}

async function recordMismatch(
  deps: Deps & { refusals: RefusalRecorder },
  input: Parameters<App['recordMismatch']>[0],
): Promise<void> {
  const now = deps.clock.now();
  const key = personKey(input.sender);
  if (!deps.refusals.admit(key, now)) return;
  await deps.store.commit({
    id: deps.ids.next('chg', now),
    at: now,
    events: stamp(
      [
        {
          type: 'identity.mismatch',
          requestId: input.requestId,
          actor: null,
          data: {
            code: input.code,
            sender: { ...input.sender },
            ...(input.signedInAs === undefined ? {} : { signedInAs: input.signedInAs }),
          },
        },
      ],
      deps.ids,
      now,
    ),
  });
}
