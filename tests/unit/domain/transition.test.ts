import { stageAtRevision } from '../../../src/domain/request/request.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { transition } from '../../../src/domain/request/transition.ts';
import type { Command, DecideCommand, Transition } from '../../../src/domain/request/transition.ts';
import { NOW, pendingRequest, principal, stage, workflow } from '../../support/builders.ts';

const approver = (name: string, extra: object = {}) =>
  principal({ key: `local|${name}`, roles: ['approver'], ...extra });

function decide(request: Request, change: Partial<DecideCommand> = {}): DecideCommand {
  return {
    type: 'decide',
    decisionId: 'dec_1',
    by: approver('ben'),
    decision: 'approve',
    reason: null,
    digest: request.digest,
    revision: request.version,
    channel: {
      via: 'teams',
      tenant: 't',
      objectId: 'o',
      activityId: 'a',
      conversationId: 'c',
      exchangeId: null,
    },
    ...change,
  };
}

function stepped(result: Transition): Request {
  if (result.kind !== 'step') throw new Error(JSON.stringify(result));
  return result.step.request;
}

function code(result: Transition): string {
  return result.kind === 'refused' ? result.refusal.code : result.kind;
}

const run = (request: Request, command: Command, now = NOW) => transition(request, command, now);

describe('deciding', () => {
  test('one approval of a quorum of one approves, records the evidence and asks to execute', () => {
    const request = pendingRequest();
    const result = run(request, decide(request));
    expect(result).toMatchObject({
      kind: 'step',
      step: {
        request: { state: 'approved', version: 2 },
        decision: {
          stage: 0,
          decision: 'approve',
          evidence: { role: 'approver', digest: request.digest, revision: 1, activityId: 'a' },
        },
        effects: ['cards', 'execute'],
      },
    });
    if (result.kind === 'step') {
      expect(result.step.events.map((event) => event.type)).toEqual([
        'request.decided',
        'request.approved',
      ]);
    }
  });

  test('a deny ends it whatever the quorum', () => {
    const request = pendingRequest({ workflow: workflow({ stages: [stage({ quorum: 3 })] }) });
    const one = stepped(run(request, decide(request)));
    const two = stepped(run(one, decide(one, { by: approver('cleo'), decision: 'deny' })));
    expect([one.state, two.state, two.outcome?.code]).toEqual(['pending', 'denied', 'denied']);
  });

  test('a quorum counts distinct people, and a repeat answers the first decision', () => {
    const request = pendingRequest({ workflow: workflow({ stages: [stage({ quorum: 2 })] }) });
    const one = stepped(run(request, decide(request)));
    expect(run(one, decide(one, { decisionId: 'dec_2' }))).toMatchObject({
      kind: 'repeat',
      decision: { id: 'dec_1' },
    });
    expect(code(run(one, decide(one, { decision: 'deny' })))).toBe('already_decided');
    expect(stepped(run(one, decide(one, { by: approver('cleo') }))).state).toBe('approved');
  });

  test('a card of an earlier stage never counts for the next one', () => {
    const two = workflow({ stages: [stage(), stage({ name: 'Security' })] });
    const request = pendingRequest({ workflow: two });
    const next = stepped(run(request, decide(request)));
    expect([next.state, next.stagesOpenedAt]).toEqual(['pending', [1, 2]]);
    const late = decide(next, { by: approver('cleo'), revision: 1 });
    expect(code(run(next, late))).toBe('stage_passed');
    expect(code(run(next, decide(next, { revision: 1 })))).toBe('repeat');
    expect(stepped(run(next, decide(next, { by: approver('cleo') }))).state).toBe('approved');
  });

  test.each<[string, (request: Request) => Partial<DecideCommand>, string]>([
    [
      'the requester',
      () => ({ by: principal({ key: 'local|mia', roles: ['approver'] }) }),
      'own_request',
    ],
    ['an onlooker', () => ({ by: principal({ key: 'local|onlooker' }) }), 'role_missing'],
    [
      'a workload with the role',
      () => ({ by: approver('bot', { kind: 'workload' }) }),
      'approver_not_person',
    ],
    ['another digest', () => ({ digest: 'x' }), 'digest_mismatch'],
    ['a revision of the future', () => ({ revision: 2 }), 'stage_passed'],
    ['a revision that is no number', () => ({ revision: Number.NaN }), 'stage_passed'],
    ['a reason beyond all bounds', () => ({ reason: 'x'.repeat(1_001) }), 'reason_too_long'],
  ])('%s is refused', (_name, change, expected) => {
    const request = pendingRequest();
    expect(code(run(request, decide(request, change(request))))).toBe(expected);
  });

  test('the moment of expiry is too late, the millisecond before is not', () => {
    const request = pendingRequest();
    expect(code(run(request, decide(request), request.expiresAt))).toBe('request_expired');
    expect(stepped(run(request, decide(request), request.expiresAt - 1)).state).toBe('approved');
  });

  test('a claim condition compares with the requester and misses deny', () => {
    const where = { claim: 'department', equals: { requesterClaim: 'department' } };
    const request = pendingRequest({
      workflow: workflow({ stages: [stage({ where })] }),
      by: principal({
        key: 'local|mia',
        roles: ['developer'],
        claims: { department: 'Payments' },
      }),
    });
    const as = (claims: object) =>
      code(
        run(
          request,
          decide(request, {
            by: approver('ben', { claims }),
          }),
        ),
      );
    expect(as({ department: 'Payments' })).toBe('step');
    expect(as({ department: 'Platform' })).toBe('claim_mismatch');
    expect(as({})).toBe('claim_mismatch');
    expect(as({ department: ['Payments'] })).toBe('claim_mismatch');
  });
});

describe('the other commands', () => {
  test('only the asker cancels, and only while it is pending', () => {
    const request = pendingRequest();
    const mia = principal({ key: 'local|mia' });
    expect(code(run(request, { type: 'cancel', by: approver('ben') }))).toBe('not_requester');
    expect(stepped(run(request, { type: 'cancel', by: mia })).state).toBe('cancelled');
    const approved = stepped(run(request, decide(request)));
    expect(code(run(approved, { type: 'cancel', by: mia }))).toBe('too_late_to_cancel');
  });

  test('expiry waits for its time', () => {
    const request = pendingRequest();
    expect(code(run(request, { type: 'expire' }, request.expiresAt - 1))).toBe('request_closed');
    expect(stepped(run(request, { type: 'expire' }, request.expiresAt)).state).toBe('expired');
  });

  test('execution begins once, only under the approved configuration', () => {
    const request = pendingRequest();
    const approved = stepped(run(request, decide(request)));
    const begun = stepped(run(approved, { type: 'begin', configHash: 'hash-1' }));
    expect(begun.state).toBe('applying');
    expect(code(run(begun, { type: 'begin', configHash: 'hash-1' }))).toBe('request_closed');
    const changed = stepped(run(approved, { type: 'begin', configHash: 'hash-2' }));
    expect([changed.state, changed.outcome?.code]).toEqual(['failed', 'executor_changed']);
  });

  test('a look stops what was not sent as failed, and what was as unknown', () => {
    const outcome = { code: 'roles_withdrawn', message: 'x', reference: null, at: NOW };
    const recheck = { at: NOW, people: [] };
    const pending = pendingRequest();
    const approved = stepped(run(pending, decide(pending)));
    const begun = stepped(run(approved, { type: 'begin', configHash: 'hash-1' }));
    const stop = { type: 'stop' as const, outcome, recheck };
    expect(stepped(run(approved, stop))).toMatchObject({ state: 'failed', outcome, recheck });
    const ended = stepped(run(begun, stop));
    expect(ended).toMatchObject({ state: 'unknown', outcome, recheck });
    for (const closed of [pending, ended]) {
      expect(code(run(closed, stop))).toBe('request_closed');
      expect(code(run(closed, { type: 'recheck', recheck }))).toBe('request_closed');
    }
  });

  test('a look that would show the same leaves the cards alone', () => {
    const pending = pendingRequest();
    const approved = stepped(run(pending, decide(pending)));
    const look = (found: 'held' | 'unknown') => ({
      type: 'recheck' as const,
      recheck: {
        at: NOW,
        people: [{ decisionId: 'd', key: 'k', role: 'approver', found }],
      },
    });
    const effects = (request: Request, found: 'held' | 'unknown') => {
      const result = run(request, look(found));
      return result.kind === 'step' ? result.step.effects : undefined;
    };
    const held = stepped(run(approved, look('held')));
    expect([effects(approved, 'held'), effects(held, 'held'), effects(held, 'unknown')]).toEqual([
      ['cards'],
      [],
      ['cards'],
    ]);
  });
});

test('a revision names the stage that was open then', () => {
  const request = { ...pendingRequest(), version: 9, stagesOpenedAt: [1, 4, 7] };
  expect([0, 1, 3, 4, 6, 7, 9, 10, 1.5].map((at) => stageAtRevision(request, at))).toEqual([
    undefined,
    0,
    0,
    1,
    1,
    2,
    2,
    undefined,
    undefined,
  ]);
});
