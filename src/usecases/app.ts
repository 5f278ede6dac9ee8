import type { Principal } from '../domain/people/principal.ts';
import type { Request } from '../domain/request/request.ts';
import type {
  DecideInput,
  EraseInput,
  ListInput,
  MismatchInput,
  OpenedPlace,
  Reply,
  SubmitInput,
} from './ports/app.ts';
import { readAudit } from './audit/read-audit.ts';
import { cancelRequest } from './requests/cancel-request.ts';
import { refreshFor, viewerOf } from './requests/card-views.ts';
import { decideRequest } from './requests/decide-request.ts';
import type { AppContext } from './app-context.ts';
import { createLimiter } from './limits.ts';
import type { Waiter } from './limits.ts';
import { findWorkflow, listWorkflows } from './requests/find-workflow.ts';
import { listRequests, readable } from './requests/read-requests.ts';
import { createRefusalRecorder, recordMismatch } from './requests/record-refusal.ts';
import { dropJob, listJobs, readJob, retryJob } from './jobs/job-admin.ts';
import type { JobInput, ListJobsInput } from './jobs/job-admin.ts';
import { erasePerson } from './people/erase-person.ts';
import { replyLater } from './jobs/send-reply.ts';
import { wakeCards } from './jobs/wake-cards.ts';
import { createRememberConversation } from './people/remember-conversation.ts';
import { createSeenPeople } from './people/seen-people.ts';
import { submitRequest } from './requests/submit-request.ts';
import type { TeamsSender } from './ports/teams-sender.ts';
import { acceptsWaitToken, waitRequest, waitToken } from './requests/wait-request.ts';

/**
 * What the ingresses (Teams, HTTP, web) may ask for. Each method is one use case; a refusal is a
 * value, a fault is thrown.
 */
export type App = ReturnType<typeof createApp>;

/** The use cases over their ports. */
export function createApp(given: AppContext) {
  const limiter = createLimiter(given);
  const refusals = createRefusalRecorder(limiter);
  const deps = { ...given, limiter, refusals, seen: createSeenPeople() };
  return {
    submitRequest: (input: SubmitInput) => submitRequest(deps, input),
    decideRequest: (input: DecideInput) => decideRequest(deps, input),
    cancelRequest: (input: { id: string; by: Principal }) => cancelRequest(deps, input),
    /** The request where the principal may read it; undefined otherwise, as if it did not exist. */
    readRequest: async ({ id, by }: { id: string; by: Principal }) =>
      readable(deps, await deps.store.loadRequest(id), by),
    /** The same with the copies of its card. */
    readRequestWithCards: async ({ id, by }: { id: string; by: Principal }) => {
      const found = await deps.store.loadWithCards(id);
      return readable(deps, found?.request, by) && found;
    },
    readRequestByNumber: async ({ number, by }: { number: number; by: Principal }) =>
      readable(deps, await deps.store.findRequest(number), by),
    /** For cards only: no reader is checked, because a posted card already shows the request. */
    loadForCard: (id: string) => deps.store.loadRequest(id),
    /** Whether one more page of a list may be read. */
    admitList: (by: Principal) => limiter.list(by),
    listRequests: (input: ListInput) => listRequests(deps, input),
    /** Whether one more long poll may wait. */
    admitWait: (waiter: Waiter) => limiter.wait(waiter),
    waitRequest: (input: Parameters<typeof waitRequest>[1]) => waitRequest(deps, input),
    waitToken: (requestId: string) => waitToken(deps, requestId),
    acceptsWaitToken: (token: string, request: Request) => acceptsWaitToken(deps, token, request),
    listWorkflows: (by: Principal) => listWorkflows(deps.workflows, by),
    findWorkflow: (text: string) => findWorkflow(deps.workflows, text),
    getWorkflow: (id: string) => deps.workflows.get(id),
    rememberConversation: createRememberConversation(deps),
    placeOpened: (place: OpenedPlace) => wakeCards(deps, place),
    replyLater: (reply: Reply) => replyLater(deps, reply),
    refreshFor: (request: Request) => refreshFor(deps, request),
    viewerOf: (request: Request, sender: TeamsSender) => viewerOf(deps, request, sender),
    listJobs: (input: ListJobsInput) => listJobs(deps, input),
    readJob: (input: JobInput) => readJob(deps, input),
    /** Tries a job again that failed. */
    retryJob: (input: JobInput) => retryJob(deps, input),
    dropJob: (input: JobInput) => dropJob(deps, input),
    readAudit: (by: Principal) => readAudit(deps, by),
    erasePerson: (input: EraseInput) => erasePerson(deps, input),
    recordMismatch: (input: MismatchInput) => recordMismatch(deps, input),
    /** How many refusals were not recorded since the start. */
    unrecorded: () => refusals.unrecorded(),
  };
}
