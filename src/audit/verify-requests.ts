import type { AuditEvent } from '../domain/events/catalogue.ts';
import { requestDigest } from '../domain/request/digest.ts';
import type { Decision, Request } from '../domain/request/request.ts';
import type { AuditStore } from '../usecases/ports/audit-store.ts';
import type { RequestStore } from '../usecases/ports/request-store.ts';
import { jsonOr } from '../lib/strict-json.ts';
import type { AuditProblemCode, Notes } from './notes.ts';
import { readEvent } from './read-event.ts';

export type RecordedRequests = Pick<AuditStore, 'eventsOfRequests'> &
  Pick<RequestStore, 'listRequests' | 'loadRequest'>;

type Finding = readonly [code: AuditProblemCode, words: string];

/** Requests read at a time. */
const PAGE = 100;
/** How often a request is read again that changes meanwhile. */
const MAX_TRIES = 5;
const ENDS = ['applied', 'failed', 'unknown', 'denied', 'expired', 'cancelled'] as const;

/**
 * Holds the requests and decisions of the store against the log: each state, word and execution has
 * its events, with the same digest, and each of these events its request and decision.
 */
export async function verifyRequests(store: RecordedRequests, notes: Notes): Promise<void> {
  let limit = PAGE;
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    let page: readonly Request[];
    try {
      page = await store.listRequests({ before, limit });
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      if (limit === 1) {
        const words = `the next request below number ${before} is no request: ${error.message}; the older ones were not compared`;
        return notes.error('request_differs', words);
      }
      // One by one up to the row that cannot be read.
      limit = 1;
      continue;
    }
    const events = await eventsByRequest(store, page);
    for (const request of page) {
      const found = compare(request, events.get(request.id) ?? []);
      const lasting = found.length === 0 ? found : await compareAgain(store, request);
      for (const [code, words] of lasting) notes.error(code, words);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    before = last.number;
  }
}

async function eventsByRequest(
  store: RecordedRequests,
  requests: readonly Pick<Request, 'id'>[],
): Promise<ReadonlyMap<string | null, readonly AuditEvent[]>> {
  if (requests.length === 0) return new Map();
  const stored = await store.eventsOfRequests(requests.map(({ id }) => id));
  // `verifyEvents` starts after the empty id: what it does not see must not prove anything.
  const seen = stored.filter(({ id }) => id !== '');
  return Map.groupBy(
    seen.flatMap((one) => readEvent(one) ?? []),
    ({ requestId }) => requestId,
  );
}

/** Compares until the request did not change meanwhile: it and its events are two reads. */
async function compareAgain(store: RecordedRequests, seen: Request): Promise<readonly Finding[]> {
  let request: Request | undefined = seen;
  for (let tries = 0; ; tries += 1) {
    const events = await eventsByRequest(store, [request]);
    const found = compare(request, events.get(request.id) ?? []);
    const now = await store.loadRequest(request.id);
    if (now === undefined) return found;
    if (now.version === request.version || tries === MAX_TRIES) return found;
    request = now;
  }
}

function compare(request: Request, events: readonly AuditEvent[]): readonly Finding[] {
  try {
    return [...compareRequest(request, events), ...compareDecisions(request, events)];
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const words = `request ${request.number} (${request.id}) lacks parts of a request: ${error.message}`;
    return [['request_differs', words]];
  }
}

/** Whether a row holds no JSON, or JSON without the members of a request. */
function isUnreadable(error: unknown): error is SyntaxError | TypeError {
  return error instanceof SyntaxError || error instanceof TypeError;
}

function compareRequest(request: Request, events: readonly AuditEvent[]): readonly Finding[] {
  const name = `request ${request.number} (${request.id})`;
  const ofType = (type: string) => events.filter((event) => event.type === type);
  const findings: Finding[] = [];
  const submitted = ofType('request.submitted');
  if (submitted.length !== 1) {
    const count = submitted.length === 0 ? 'no event' : `${submitted.length} events`;
    findings.push(['request_unrecorded', `${name} has ${count} of its submission`]);
  }
  const { digest, workflow, workflowVersion } = request;
  const asked = { digest, workflow, workflowVersion };
  const { executor, configHash } = request.plan.execution;
  const wanted: readonly [type: string, values: Readonly<Record<string, unknown>>][] = [
    ['request.submitted', asked],
    ['request.approved', { digest }],
  ];
  for (const [type, values] of wanted) {
    for (const { id, data } of ofType(type))
      findings.push(...differing(name, id, { data, values }));
  }
  for (const { id, data } of ofType('request.applying')) {
    const values = { executor, configHash };
    findings.push(...differing(name, id, { data: jsonOr(data['executor']), values }));
  }
  findings.push(...compareContent(name, request));
  const states = statesOf(ofType);
  if (!states.includes(request.state)) {
    const words = `${name} is ${request.state}, its events say ${states.join(' or ')}`;
    findings.push(['request_unrecorded', words]);
  } else if (request.state === 'applied' && ofType('request.applying').length === 0) {
    findings.push([
      'request_unrecorded',
      `${name} is applied, and no event says that it was begun`,
    ]);
  } else if (request.state === 'applied' && ofType('request.approved').length === 0) {
    findings.push(['request_unrecorded', `${name} is applied, and no event says who approved it`]);
  }
  return findings;
}

/** Whether the digest is that of what the request says; nobody can tell once its salt was erased. */
function compareContent(name: string, request: Request): readonly Finding[] {
  const { id: requestId, digest, salt, requester, beneficiary, plan, reason, fields } = request;
  if (salt === null) return [];
  const { workflow, workflowVersion } = request;
  const { stages, execution } = plan;
  const found = requestDigest({
    requestId,
    workflow,
    workflowVersion,
    requester: requester.key,
    beneficiary: beneficiary.key,
    reason,
    fields,
    salt,
    plan: { stages, execution },
  });
  if (found === digest) return [];
  return [['request_differs', `what ${name} says is not what its digest was made of`]];
}

/** The states that the events lead to. Their order in a commit is not known. */
function statesOf(ofType: (type: string) => readonly AuditEvent[]): readonly Request['state'][] {
  const ends = ENDS.filter((state) => ofType(`request.${state}`).length > 0);
  if (ends.length > 0) return ends;
  // Each held execution was begun, and is begun again.
  if (ofType('request.applying').length > ofType('request.held').length) return ['applying'];
  return ofType('request.approved').length > 0 ? ['approved'] : ['pending'];
}

function compareDecisions(
  { id, number, decisions }: Request,
  events: readonly AuditEvent[],
): readonly Finding[] {
  const decided = events.filter(({ type }) => type === 'request.decided');
  const findings: Finding[] = [];
  for (const decision of decisions) {
    const name = `decision ${decision.id} of request ${number}`;
    const own = decided.filter(({ data }) => data['decisionId'] === decision.id);
    if (own.length !== 1) {
      const count = own.length === 0 ? 'no event' : `${own.length} events`;
      findings.push(['decision_unrecorded', `${name} has ${count}`]);
    }
    if (decisions.filter((other) => other.id === decision.id).length > 1) {
      findings.push(['decision_unrecorded', `${name} stands there more than once`]);
    }
    for (const event of own) findings.push(...differingWord(name, event, decision));
  }
  for (const event of decided) {
    const decisionId = event.data['decisionId'];
    if (decisions.some((decision) => decision.id === decisionId)) continue;
    const words = `decision ${String(decisionId)} of event ${event.id} (${id}) is gone`;
    findings.push(['decision_missing', words]);
  }
  return findings;
}

function differingWord(name: string, { id, data }: AuditEvent, decision: Decision) {
  const { word, stage, nth, evidence } = decision;
  const { digest, revision, role, via } = evidence;
  const code = 'decision_differs';
  return [
    ...differing(name, id, { data, values: { word, stage, nth }, code }),
    ...differing(name, id, {
      data: jsonOr(data['evidence']),
      values: { digest, revision, role, via },
      code,
    }),
  ];
}

function differing(
  name: string,
  eventId: string,
  given: {
    readonly data: Readonly<Record<string, unknown>>;
    readonly values: Readonly<Record<string, unknown>>;
    readonly code?: AuditProblemCode;
  },
): readonly Finding[] {
  const { data, values, code = 'request_differs' } = given;
  return Object.keys(values)
    .filter((member) => data[member] !== values[member])
    .map((member) => [code, `${member} of ${name} is not as in event ${eventId}`]);
}
