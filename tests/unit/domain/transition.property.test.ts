import fc from 'fast-check';
import { isTerminal } from '../../../src/domain/request/request.ts';
import type { Request, RequestState } from '../../../src/domain/request/request.ts';
import { transition } from '../../../src/domain/request/transition.ts';
import type { Command } from '../../../src/domain/request/transition.ts';
import { NOW, pendingRequest, principal, stage, workflow } from '../../support/builders.ts';

/** Every way from one state to another that there may ever be. */
const ARROWS: Record<RequestState, readonly RequestState[]> = {
  pending: ['pending', 'approved', 'denied', 'expired', 'cancelled'],
  // A look at the deciding people stays where it is, and goes on record.
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
const outcome = { code: 'x', message: 'x', reference: null, at: NOW };

/** A command, drawn without knowing the request: digests and revisions are often wrong. */
const command: fc.Arbitrary<(request: Request) => Command> = fc.oneof(
  fc
    .record({
      by: person,
      decision: fc.constantFrom('approve' as const, 'deny' as const),
      lag: fc.integer({ min: -1, max: 2 }),
      right: fc.integer({ min: 0, max: 9 }),
      id: fc.uuid(),
    })
    .map((drawn) => (request: Request): Command => ({
      type: 'decide',
      decisionId: drawn.id,
      by: drawn.by,
      decision: drawn.decision,
      reason: null,
      digest: drawn.right > 0 ? request.digest : 'other',
      revision: request.version - drawn.lag,
      channel: {
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
    .constantFrom('recheck' as const, 'stop' as const)
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

test('no command ever takes a way that is not drawn, and versions rise by one', () => {
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

test('what has ended stays as it is, and no decision is added after an end', () => {
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

test('deny wins: a request with a deny is denied; an approved one met every quorum', () => {
  fc.assert(
    fc.property(shape, schedule, (stages, steps) => {
      const end = play(stages, steps, () => undefined);
      const denied = end.decisions.some((decision) => decision.decision === 'deny');
      expect(denied).toBe(end.state === 'denied');
      const approvedOnce = !['pending', 'denied', 'expired', 'cancelled'].includes(end.state);
      if (!approvedOnce) return;
      end.plan.stages.forEach((planned, index) => {
        const voters = end.decisions.filter((decision) => decision.stage === index);
        expect(
          new Set(voters.map((decision) => decision.approver.key)).size,
        ).toBeGreaterThanOrEqual(planned.quorum);
        expect(voters.every((decision) => planned.roles.includes(decision.evidence.role))).toBe(
          true,
        );
      });
    }),
    { numRuns: 500 },
  );
});
