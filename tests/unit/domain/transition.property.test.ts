import fc from 'fast-check';
import { outcomeOf } from '../../../src/domain/outcome.ts';
import { isTerminal } from '../../../src/domain/request/state.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { RequestState } from '../../../src/domain/request/state.ts';
import { standingWords } from '../../../src/domain/request/stages.ts';
import { transition } from '../../../src/domain/request/transition.ts';
import type { Command } from '../../../src/domain/request/transition.ts';
import { NOW, pendingRequest, principal, stage, workflow } from '../../support/builders.ts';

/** All allowed transitions between states. */
const ARROWS: Record<RequestState, readonly RequestState[]> = {
  pending: ['pending', 'approved', 'denied', 'expired', 'cancelled'],
  // A recheck of the approvals keeps the state and is recorded.
  approved: ['approved', 'applying', 'failed'],
  applying: ['applying', 'applied', 'failed', 'unknown', 'approved'],
  applied: [],
  failed: [],
  unknown: [],
  denied: [],
  expired: [],
  cancelled: [],
  revoking: [],
  revoked: [],
};

const people = ['mia', 'ben', 'cleo', 'dan', 'eve'].map((name, index) =>
  principal({
    key: `local|${name}`,
    roles:
      [['developer', 'approver'], ['approver'], ['approver', 'lead'], ['lead'], []][index] ?? [],
  }),
);

const person = fc.constantFrom(...people);
const outcome = outcomeOf('interrupted', {}, { at: NOW });

/** A random command, independent of the request: digests and revisions are often wrong. */
const command: fc.Arbitrary<(request: Request) => Command> = fc.oneof(
  fc
    .record({
      by: person,
      word: fc.constantFrom('approve' as const, 'deny' as const, 'withdraw' as const),
      stage: fc.constantFrom('stage-1', 'stage-2', 'stage-3'),
      after: fc.integer({ min: -1, max: 2 }),
      lag: fc.integer({ min: -1, max: 2 }),
      right: fc.integer({ min: 0, max: 9 }),
      id: fc.uuid(),
    })
    .map((drawn) => (request: Request): Command => ({
      type: 'decide',
      decisionId: drawn.id,
      by: drawn.by,
      word: drawn.word,
      stage: drawn.stage,
      after: drawn.after < 0 ? null : (request.decisions.at(-1 - drawn.after)?.id ?? null),
      reason: null,
      digest: drawn.right > 0 ? request.digest : 'other',
      revision: request.version - drawn.lag,
      origin: {
        via: 'api',
        tenant: null,
        objectId: null,
        activityId: null,
        conversationId: null,
        exchangeId: null,
      },
    })),
  person.map((by) => (): Command => ({ type: 'cancel', by })),
  fc.constant((): Command => ({ type: 'expire' })),
  fc
    .constantFrom('hash-1', 'hash-2')
    .map((configHash) => (): Command => ({ type: 'begin', configHash })),
  fc.constant((): Command => ({ type: 'hold', outcome })),
  fc
    .constantFrom('recheck' as const, 'halt' as const)
    .map((type) => (): Command => ({ type, outcome, recheck: { at: NOW, people: [] } })),
  fc
    .constantFrom('applied' as const, 'failed' as const, 'unknown' as const)
    .map((state) => (): Command => ({ type: 'settle', state, outcome })),
);

const shape = fc.array(
  fc.record({ quorum: fc.integer({ min: 1, max: 3 }), role: fc.constantFrom('approver', 'lead') }),
  { minLength: 1, maxLength: 3 },
);
const schedule = fc.array(
  fc.record({ command, afterMs: fc.integer({ min: 0, max: 20_000_000 }) }),
  { maxLength: 40 },
);

function start(stages: readonly { quorum: number; role: string }[]): Request {
  return pendingRequest({
    workflow: workflow({
      stages: stages.map(({ quorum, role }, index) =>
        stage({ name: `S${index}`, roles: [role], quorum }),
      ),
    }),
  });
}

function play(
  stages: readonly { quorum: number; role: string }[],
  steps: readonly { command: (request: Request) => Command; afterMs: number }[],
  check: (before: Request, after: Request, command: Command, now: number) => void,
): Request {
  let request = start(stages);
  let now = NOW;
  for (const step of steps) {
    now += step.afterMs;
    const given = step.command(request);
    const result = transition(request, given, now);
    const after = result.kind === 'step' ? result.step.request : request;
    check(request, after, given, now);
    request = after;
  }
  return request;
}

test('commands take only transitions of the table, and versions increase by one', () => {
  fc.assert(
    fc.property(shape, schedule, (stages, steps) => {
      play(stages, steps, (before, after) => {
        if (before === after) return;
        expect(ARROWS[before.state]).toContain(after.state);
        expect(after.version).toBe(before.version + 1);
      });
    }),
    { numRuns: 500 },
  );
});

test('an ended request never changes and accepts no decision', () => {
  fc.assert(
    fc.property(shape, schedule, (stages, steps) => {
      play(stages, steps, (before, after, given, now) => {
        if (isTerminal(before.state)) expect(after).toBe(before);
        if (before.state !== 'pending' || now >= before.expiresAt) {
          expect(after.decisions).toEqual(before.decisions);
        }
        if (given.type === 'decide' && given.by.key === before.requester.key) {
          expect(after).toBe(before);
        }
      });
    }),
    { numRuns: 500 },
  );
});

test('a request is approved only when distinct people fill every seat', () => {
  fc.assert(
    fc.property(shape, schedule, (stages, steps) => {
      const end = play(stages, steps, () => undefined);
      const counting = (id: string) => standingWords(end, id);
      const denied = end.plan.stages.some(({ id }) =>
        counting(id).some(({ word }) => word === 'deny'),
      );
      expect(denied).toBe(end.state === 'denied');
      if (['pending', 'denied', 'expired', 'cancelled'].includes(end.state)) return;
      for (const planned of end.plan.stages) {
        const approvals = counting(planned.id);
        expect(new Set(approvals.map(({ approver }) => approver.key)).size).toBe(approvals.length);
        expect(approvals.length).toBeGreaterThanOrEqual(planned.seats.length);
        const roles = planned.seats.flatMap((one) => one.roles);
        expect(approvals.every(({ evidence }) => roles.includes(evidence.role))).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('each word of a person on a stage has the next number, and replaces the last one', () => {
  fc.assert(
    fc.property(shape, schedule, (stages, steps) => {
      const end = play(stages, steps, () => undefined);
      const numbers = new Map<string, number>();
      for (const { stage: id, approver, nth } of end.decisions) {
        const key = `${id} ${approver.key}`;
        expect(nth).toBe((numbers.get(key) ?? 0) + 1);
        numbers.set(key, nth);
      }
    }),
    { numRuns: 500 },
  );
});
