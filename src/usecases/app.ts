import type { App } from './ports/app.ts';
import { cancelRequest } from './requests/cancel-request.ts';
import { refreshFor, viewerOf } from './requests/card-views.ts';
import { decideRequest } from './requests/decide-request.ts';
import type { AppContext } from './app-context.ts';
import { findWorkflow, listWorkflows } from './requests/find-workflow.ts';
import { listRequests, readable } from './requests/read-requests.ts';
import { createRefusalRecorder, recordMismatch } from './requests/record-refusal.ts';
import { erasePerson } from './people/erase-person.ts';
import { createRememberConversation } from './people/remember-conversation.ts';
import { createSeenPeople } from './people/seen-people.ts';
import { submitRequest } from './requests/submit-request.ts';
import { acceptsWaitToken, waitRequest, waitToken } from './requests/wait-request.ts';

/** The use cases as the ingresses call them. */
export function createApp(given: AppContext): App {
  const deps = { ...given, refusals: createRefusalRecorder(), seen: createSeenPeople() };
  return {
    submitRequest: (input) => submitRequest(deps, input),
    decideRequest: (input) => decideRequest(deps, input),
    cancelRequest: (input) => cancelRequest(deps, input),
    readRequest: async ({ id, by }) => readable(deps, await deps.store.loadRequest(id), by),
    readRequestByNumber: async ({ number, by }) =>
      readable(deps, await deps.store.findRequest(number), by),
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
    erasePerson: (input) => erasePerson(deps, input),
    recordMismatch: (input) => recordMismatch(deps, input),
  };
}
