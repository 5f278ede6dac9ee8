import { outcomeOf } from '../../../src/domain/outcome.ts';
import type { DecideCommand } from '../../../src/domain/request/commands/decide.ts';
import type { Decision, PlannedStage, Request } from '../../../src/domain/request/request.ts';
import { stageStatus } from '../../../src/domain/request/stages.ts';
import { SYNC_CARDS } from '../../../src/domain/request/step.ts';
import type { Transition } from '../../../src/domain/request/step.ts';
import { transition } from '../../../src/domain/request/transition.ts';
import type { Command } from '../../../src/domain/request/transition.ts';
import { NOW, pendingRequest, principal, stage, workflow } from '../../support/builders.ts';

const approver = (name: string, extra: object = {}) =>
  principal({ key: `local|${name}`, roles: ['approver'], ...extra });

let ids = 0;

function decide(request: Request, change: Partial<DecideCommand> = {}): DecideCommand {
  ids += 1;
  return {
    type: 'decide',
    decisionId: `dec_${ids}`,
    by: approver('ben'),
    word: 'approve',
    stage: 'stage-1',
    after: null,
    reason: null,
    digest: request.digest,
    revision: request.version,
    origin: {
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
const say = (request: Request, change: Partial<DecideCommand> = {}) =>
  stepped(run(request, decide(request, change)));
const last = (request: Request): Decision => {
  const decision = request.decisions.at(-1);
  if (!decision) throw new Error('no decision');
  return decision;
};

/** A pending request with a plan that no workflow file can write yet. */
function planned(...stages: (Partial<PlannedStage> & { id: string })[]): Request {
  const request = pendingRequest();
  const full = stages.map((change) => ({
    name: change.id,
    after: [],
    seats: [{ roles: ['approver'], where: null }],
    denyQuorum: 1,
    ...change,
  }));
  return { ...request, plan: { ...request.plan, stages: full } };
}

const seat = (...roles: string[]) => ({ roles, where: null });
const as = (name: string, ...roles: string[]) => principal({ key: `local|${name}`, roles });

describe('deciding', () => {
  test('a quorum of one: one approval approves, records the evidence and starts the execution', () => {
    const request = pendingRequest();
    const result = run(request, decide(request));
    expect(result).toMatchObject({
      kind: 'step',
      step: {
        request: { state: 'approved', version: 2 },
        decision: {
          stage: 'stage-1',
          nth: 1,
          word: 'approve',
          evidence: {
            role: 'approver',
            seats: [0],
            digest: request.digest,
            revision: 1,
            activityId: 'a',
          },
        },
        effects: [SYNC_CARDS, { kind: 'execute' }],
      },
    });
    if (result.kind === 'step') {
      expect(result.step.events.map((event) => event.type)).toEqual([
        'request.decided',
        'request.approved',
      ]);
    }
  });

  test('a deny ends the request whatever the quorum', () => {
    const request = pendingRequest({ workflow: workflow({ stages: [stage({ quorum: 3 })] }) });
    const one = say(request);
    const two = say(one, { by: approver('cleo'), word: 'deny' });
    expect([one.state, two.state, two.outcome?.code]).toEqual(['pending', 'denied', 'denied']);
  });

  test('a quorum counts distinct people, and a repeated click does not count', () => {
    const request = pendingRequest({ workflow: workflow({ stages: [stage({ quorum: 2 })] }) });
    const one = say(request);
    const first = last(one);
    for (const word of ['approve', 'deny', 'withdraw'] as const) {
      const again = run(one, decide(one, { word }));
      expect(again).toEqual({ kind: 'uncounted', decision: first });
    }
    expect(say(one, { by: approver('cleo') }).state).toBe('approved');
  });

  test('a click on the card of an earlier stage does not count for the next one', () => {
    const two = workflow({ stages: [stage(), stage({ name: 'Security' })] });
    const request = pendingRequest({ workflow: two });
    const early = decide(request, { stage: 'stage-2', by: approver('cleo') });
    expect(code(run(request, early))).toBe('stage_waiting');
    const next = say(request);
    expect(next.state).toBe('pending');
    const late = decide(next, { by: approver('cleo'), revision: 1 });
    expect(code(run(next, late))).toBe('stage_closed');
    expect(code(run(next, decide(next, { revision: 1 })))).toBe('uncounted');
    expect(say(next, { stage: 'stage-2', by: approver('cleo') }).state).toBe('approved');
  });

  test.each<[string, () => Partial<DecideCommand>, string]>([
    ['the requester', () => ({ by: as('mia', 'approver') }), 'own_request'],
    ['an onlooker', () => ({ by: as('onlooker') }), 'role_missing'],
    [
      'a workload with the role',
      () => ({ by: approver('bot', { kind: 'workload' }) }),
      'approver_not_person',
    ],
    ['another digest', () => ({ digest: 'x' }), 'digest_mismatch'],
    ['a revision of the future', () => ({ revision: 2 }), 'revision_unknown'],
    ['a revision that is not a number', () => ({ revision: Number.NaN }), 'revision_unknown'],
    ['a stage that does not exist', () => ({ stage: 'stage-9' }), 'stage_unknown'],
    ['a withdrawal of nothing', () => ({ word: 'withdraw' as const }), 'nothing_to_withdraw'],
    ['a reason with half a character', () => ({ reason: 'x\ud800' }), 'reason_too_long'],
    ['a reason over the limit', () => ({ reason: 'x'.repeat(1_001) }), 'reason_too_long'],
  ])('refuses %s', (_name, change, expected) => {
    const request = pendingRequest();
    expect(code(run(request, decide(request, change())))).toBe(expected);
  });

  test('rejects decisions from the moment of expiry on', () => {
    const request = pendingRequest();
    expect(code(run(request, decide(request), request.expiresAt))).toBe('request_expired');
    expect(stepped(run(request, decide(request), request.expiresAt - 1)).state).toBe('approved');
  });

  test('compares a claim with the requester, and refuses where the claim is missing', () => {
    const where = { claim: 'department', equals: { requesterClaim: 'department' } };
    const request = pendingRequest({
      workflow: workflow({ stages: [stage({ where })] }),
      by: principal({
        key: 'local|mia',
        roles: ['developer'],
        claims: { department: 'Payments' },
      }),
    });
    const with_ = (claims: object) =>
      code(run(request, decide(request, { by: approver('ben', { claims }) })));
    expect(with_({ department: 'Payments' })).toBe('step');
    expect(with_({ department: 'Platform' })).toBe('claim_mismatch');
    expect(with_({})).toBe('claim_mismatch');
    expect(with_({ department: ['Payments'] })).toBe('claim_mismatch');
  });
});

describe('changing a word', () => {
  const twoSeats = () => pendingRequest({ workflow: workflow({ stages: [stage({ quorum: 2 })] }) });

  test('withdraws an approval, whose click does not count when sent again', () => {
    const request = twoSeats();
    const click = decide(request);
    const approved = stepped(run(request, click));
    const withdrawn = say(approved, { word: 'withdraw', after: last(approved).id });
    expect(last(withdrawn)).toMatchObject({ word: 'withdraw', nth: 2 });
    for (let sent = 0; sent < 10; sent += 1) {
      const again = { ...click, decisionId: `again_${sent}` };
      expect(run(withdrawn, again)).toEqual({ kind: 'uncounted', decision: last(withdrawn) });
    }
    expect(say(withdrawn, { by: approver('cleo') }).state).toBe('pending');
  });

  test('approves again after a withdrawal that it names', () => {
    const approved = say(twoSeats());
    const withdrawn = say(approved, { word: 'withdraw', after: last(approved).id });
    const again = say(withdrawn, { after: last(withdrawn).id });
    expect(last(again)).toMatchObject({ word: 'approve', nth: 3 });
    expect(say(again, { by: approver('cleo') }).state).toBe('approved');
  });

  test("counts a deny after the person's own approval", () => {
    const approved = say(twoSeats());
    expect(say(approved, { word: 'deny', after: last(approved).id }).state).toBe('denied');
  });

  test("counts an approval after the person's own deny while the stage is open", () => {
    const request = planned({ id: 'vote', denyQuorum: 2 });
    const denied = say(request, { stage: 'vote', word: 'deny' });
    expect(denied.state).toBe('pending');
    expect(say(denied, { stage: 'vote', after: last(denied).id }).state).toBe('approved');
  });

  test('ignores a word that names an unknown earlier word', () => {
    const request = twoSeats();
    expect(run(request, decide(request, { after: 'dec_x' }))).toEqual({
      kind: 'uncounted',
      decision: null,
    });
    const onlooker = decide(request, { after: 'dec_x', by: as('onlooker') });
    expect(code(run(request, onlooker))).toBe('role_missing');
  });

  test('withdrawing needs the same role as approving', () => {
    const approved = say(twoSeats());
    const without = decide(approved, {
      word: 'withdraw',
      after: last(approved).id,
      by: as('ben'),
    });
    expect(code(run(approved, without))).toBe('role_missing');
  });
});

describe('stages and seats', () => {
  test('opens stages without a predecessor at once, and a third one after both', () => {
    const request = planned({ id: 'a' }, { id: 'b' }, { id: 'c', after: ['a', 'b'] });
    const status = (of: Request) => of.plan.stages.map((one) => stageStatus(of, one));
    expect(status(request)).toEqual(['open', 'open', 'waiting']);
    const one = say(request, { stage: 'b' });
    expect(status(one)).toEqual(['open', 'approved', 'waiting']);
    const two = say(one, { stage: 'a' });
    expect(status(two)).toEqual(['approved', 'approved', 'open']);
    expect(say(two, { stage: 'c' }).state).toBe('approved');
  });

  test('a denied stage ends the request and keeps the approvals of other stages', () => {
    const request = planned({ id: 'a' }, { id: 'b' });
    const one = say(request, { stage: 'a' });
    const two = say(one, { stage: 'b', word: 'deny', by: approver('cleo') });
    expect(two).toMatchObject({ state: 'denied', decisions: [{ stage: 'a' }, { stage: 'b' }] });
  });

  test('a person with two roles never blocks a possible assignment of seats', () => {
    const request = planned({ id: 's', seats: [seat('finance'), seat('security')] });
    const one = say(request, { stage: 's', by: as('both', 'finance', 'security') });
    expect(one.state).toBe('pending');
    expect(say(one, { stage: 's', by: as('fin', 'finance') }).state).toBe('approved');
    expect(say(one, { stage: 's', by: as('sec', 'security') }).state).toBe('approved');
  });

  test('two people of one role do not fill the seat of another', () => {
    const request = planned({ id: 's', seats: [seat('finance'), seat('security')] });
    const one = say(request, { stage: 's', by: as('f1', 'finance') });
    const two = say(one, { stage: 's', by: as('f2', 'finance') });
    expect(two.state).toBe('pending');
    expect(say(two, { stage: 's', by: as('sec', 'security') }).state).toBe('approved');
  });

  test.each<[string, [string, string][], boolean]>([
    ['one administrator', [['ada', 'admin']], true],
    ['one developer', [['dev', 'developer']], false],
    [
      'two developers',
      [
        ['d1', 'developer'],
        ['d2', 'developer'],
      ],
      true,
    ],
    [
      'a developer and another person',
      [
        ['d1', 'developer'],
        ['o1', 'other'],
      ],
      false,
    ],
  ])('any of the groups approves: %s', (_name, people, approves) => {
    const anyOf = [[seat('admin')], [seat('developer'), seat('developer')]];
    let request = planned({ id: 'v', seats: [], anyOf });
    for (const [name, role] of people) {
      const result = run(request, decide(request, { stage: 'v', by: as(name, role) }));
      if (result.kind === 'step') request = result.step.request;
    }
    expect(request.state === 'approved').toBe(approves);
  });

  test('a deny quorum of two needs two people', () => {
    const request = planned({
      id: 'v',
      denyQuorum: 2,
      seats: [seat('approver'), seat('approver')],
    });
    const one = say(request, { stage: 'v', word: 'deny' });
    expect(one.state).toBe('pending');
    expect(say(one, { stage: 'v', word: 'deny', by: approver('cleo') }).state).toBe('denied');
  });
});

test('numbers a word above all words of accounts that were linked meanwhile', () => {
  const stages = { id: 'v', seats: [seat('approver'), seat('approver'), seat('approver')] };
  const ben = approver('ben');
  let request = say(planned(stages), { stage: 'v', by: ben });
  request = say(request, { stage: 'v', by: ben, word: 'withdraw', after: last(request).id });
  request = say(request, { stage: 'v', by: approver('cleo') });
  const linked = approver('ben', { linkedIdentities: ['local|cleo'] });
  request = say(request, { stage: 'v', by: linked, word: 'deny', after: last(request).id });
  // The store takes each number of a person on a stage once.
  expect(request.decisions.map(({ nth }) => nth)).toEqual([1, 2, 1, 3]);
});

describe('the other commands', () => {
  test('cancel: only by the requester, and only while the request is pending', () => {
    const request = pendingRequest();
    const mia = principal({ key: 'local|mia' });
    expect(code(run(request, { type: 'cancel', by: approver('ben') }))).toBe('not_requester');
    expect(stepped(run(request, { type: 'cancel', by: mia })).state).toBe('cancelled');
    const approved = say(request);
    expect(code(run(approved, { type: 'cancel', by: mia }))).toBe('too_late_to_cancel');
  });

  test('cancel: refused from the moment of expiry on, before the timer has run', () => {
    const request = pendingRequest();
    const cancel = { type: 'cancel' as const, by: principal({ key: 'local|mia' }) };
    expect(stepped(run(request, cancel, request.expiresAt - 1)).state).toBe('cancelled');
    expect(code(run(request, cancel, request.expiresAt))).toBe('request_expired');
  });

  test('expire: not before its time', () => {
    const request = pendingRequest();
    expect(code(run(request, { type: 'expire' }, request.expiresAt - 1))).toBe('request_closed');
    expect(stepped(run(request, { type: 'expire' }, request.expiresAt)).state).toBe('expired');
  });

  test('begin: once, and only with the approved executor configuration', () => {
    const approved = say(pendingRequest());
    const begun = stepped(run(approved, { type: 'begin', configHash: 'hash-1' }));
    expect(begun.state).toBe('applying');
    expect(code(run(begun, { type: 'begin', configHash: 'hash-1' }))).toBe('request_closed');
    const changed = stepped(run(approved, { type: 'begin', configHash: 'hash-2' }));
    expect([changed.state, changed.outcome?.code]).toEqual(['failed', 'executor_changed']);
  });

  test('halt: as failed before the effect was sent, as unknown afterwards', () => {
    const lost = { person: 'ben', personKey: 'local|ben', role: 'approver', sent: false };
    const outcome = outcomeOf('roles_withdrawn', lost, { at: NOW });
    const recheck = { at: NOW, people: [] };
    const pending = pendingRequest();
    const approved = say(pending);
    const begun = stepped(run(approved, { type: 'begin', configHash: 'hash-1' }));
    const halt = { type: 'halt' as const, outcome, recheck };
    expect(stepped(run(approved, halt))).toMatchObject({ state: 'failed', outcome, recheck });
    const ended = stepped(run(begun, halt));
    expect(ended).toMatchObject({ state: 'unknown', outcome, recheck });
    for (const closed of [pending, ended]) {
      expect(code(run(closed, halt))).toBe('request_closed');
      expect(code(run(closed, { type: 'recheck', recheck }))).toBe('request_closed');
    }
  });

  test('recheck: updates the cards only when they would change', () => {
    const approved = say(pendingRequest());
    const look = (found: 'held' | 'unknown') => ({
      type: 'recheck' as const,
      recheck: {
        at: NOW,
        people: [{ decisionId: 'd', key: 'k', role: 'approver', seats: [0], found }],
      },
    });
    const effects = (request: Request, found: 'held' | 'unknown') => {
      const result = run(request, look(found));
      return result.kind === 'step' ? result.step.effects : undefined;
    };
    const held = stepped(run(approved, look('held')));
    expect([effects(approved, 'held'), effects(held, 'held'), effects(held, 'unknown')]).toEqual([
      [SYNC_CARDS],
      [],
      [SYNC_CARDS],
    ]);
  });
});
