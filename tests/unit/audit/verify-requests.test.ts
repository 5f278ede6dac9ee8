import { verifyAudit } from '../../../src/audit/verify.ts';
import type { AuditEvent, EventType } from '../../../src/domain/events/catalogue.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { decision, person, request } from '../../store/build.ts';
import { storedEvent } from '../../support/events.ts';
import { memoryLog } from './memory-log.ts';
import type { MemoryLog } from './memory-log.ts';

interface Told {
  readonly asked: Request;
  readonly events: Partial<AuditEvent>[];
}

/** A request that was approved and applied, and its events. */
function applied(): Told {
  const made = request({ number: 7, state: 'applied' });
  const word = decision(made, { word: 'approve' });
  const asked = { ...made, decisions: [word] };
  const { digest, workflow, workflowVersion, plan, id: requestId } = asked;
  const about = (type: EventType, data: AuditEvent['data'] = {}) => ({ type, requestId, data });
  return {
    asked,
    events: [
      about('request.submitted', { digest, workflow, workflowVersion }),
      about('request.decided', {
        decisionId: word.id,
        word: 'approve',
        stage: word.stage,
        nth: 1,
        evidence: { ...word.evidence },
      }),
      about('request.approved', { digest }),
      about('request.applying', { executor: { ...plan.execution } }),
      about('request.held'),
      about('request.applying', { executor: { ...plan.execution } }),
      about('request.applied'),
    ],
  };
}

function logOf({ asked, events }: Told): MemoryLog {
  const store = memoryLog();
  store.requests.push(asked);
  store.events.push(...events.map((event) => storedEvent(event)));
  return store;
}

const findings = async (store: MemoryLog) => {
  const { problems } = await verifyAudit(store, { verifyCheckpoint: async () => ({}) });
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message }) => `${code}: ${message}`);
};
const without = (type: EventType) => (told: Told) => ({
  ...told,
  events: told.events.filter((event) => event.type !== type),
});
const withData = (type: EventType, data: object) => (told: Told) => ({
  ...told,
  events: told.events.map((event) =>
    event.type === type ? { ...event, data: { ...event.data, ...data } } : event,
  ),
});
const inState = (state: Request['state'], told: Told) => ({
  ...told,
  asked: { ...told.asked, state },
});

describe('requests and decisions against the audit log', () => {
  test('a request with all of its events has no finding', async () => {
    expect(await findings(logOf(applied()))).toEqual([]);
  });

  const open: [Request['state'], number][] = [
    ['pending', 1],
    ['approved', 3],
    ['applying', 4],
    ['approved', 5],
    ['applying', 6],
  ];
  test.each(open)(
    'a request that is %s has no finding with its %i events',
    async (state, count) => {
      const { asked, events } = inState(state, applied());
      const decisions = count > 1 ? asked.decisions : [];
      const store = logOf({ asked: { ...asked, decisions }, events: events.slice(0, count) });
      expect(await findings(store)).toEqual([]);
    },
  );

  const tampered: [string, (told: Told) => Told, RegExp][] = [
    ['the submission', without('request.submitted'), /^request_unrecorded: request 7 .* no event/],
    ['the word', without('request.decided'), /^decision_unrecorded: decision dec_\w+ of request 7/],
    ['the approval', without('request.approved'), /^request_unrecorded: .*who approved it/],
    ['the execution', without('request.applying'), /^request_unrecorded: .*that it was begun/],
    ['the outcome', without('request.applied'), /^request_unrecorded: .* is applied, .* applying$/],
    ['a state', (told) => inState('pending', told), /is pending, its events say applied$/],
    [
      'a decision',
      (told) => ({ ...told, asked: { ...told.asked, decisions: [] } }),
      /^decision_missing: decision dec_\w+ of event evt_/,
    ],
    [
      'the digest of the request',
      (told) => ({ ...told, asked: { ...told.asked, digest: 'other' } }),
      /^request_differs: digest of request 7 .* is not as in event evt_/,
    ],
    [
      'what was asked for',
      (told) => ({ ...told, asked: { ...told.asked, fields: { service: 'other' } } }),
      /^request_differs: what request 7 .* says is not what its digest was made of$/,
    ],
    [
      'who asked',
      (told) => ({ ...told, asked: { ...told.asked, requester: person('eve') } }),
      /^request_differs: what request 7 .* says is not what its digest was made of$/,
    ],
    [
      'a decision that was doubled',
      (told) => {
        const { decisions } = told.asked;
        return { ...told, asked: { ...told.asked, decisions: [...decisions, ...decisions] } };
      },
      /^decision_unrecorded: decision dec_\w+ of request 7 stands there more than once$/,
    ],
    [
      'the role behind a word',
      withData('request.decided', { evidence: { role: 'other' } }),
      /^decision_differs: role of decision/,
    ],
    [
      'a word',
      withData('request.decided', { word: 'deny' }),
      /^decision_differs: word of decision/,
    ],
    [
      'the digest of a word',
      withData('request.decided', { evidence: { digest: 'other', revision: 1 } }),
      /^decision_differs: digest of decision/,
    ],
    [
      'what was run',
      withData('request.applying', { executor: { executor: 'deploy-webhook', configHash: 'x' } }),
      /^request_differs: configHash of request 7/,
    ],
  ];
  test.each(tampered)('reports %s that was taken away or changed', async (_what, tamper, words) => {
    const found = await findings(logOf(tamper(applied())));
    expect(found).toContainEqual(expect.stringMatching(words));
  });

  test('a request whose salt was erased has no finding', async () => {
    const told = applied();
    const fields = { service: '(erased)' };
    expect(
      await findings(logOf({ ...told, asked: { ...told.asked, fields, salt: null } })),
    ).toEqual([]);
  });

  test('a request that changes between the two reads has no finding', async () => {
    const told = applied();
    const store = logOf(told);
    const before = { ...told.asked, state: 'applying' as const };
    store.requests[0] = { ...told.asked, version: 2 };
    let reads = 0;
    const racing = {
      ...store,
      listRequests: async () => ((reads += 1) === 1 ? [before] : []),
    };
    expect(await findings(racing)).toEqual([]);
  });
});
