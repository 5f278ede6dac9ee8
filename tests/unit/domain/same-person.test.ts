import fc from 'fast-check';
import { transition } from '../../../src/domain/request/transition.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { submit } from '../../../src/domain/request/submit.ts';
import {
  BY_API,
  EXECUTION,
  NOW,
  pendingRequest,
  principal,
  stage,
  workflow,
} from '../../support/builders.ts';

// Single sign-on may use one provider and the sign-in button another: the same person of the
// directory then has two keys.
const mia = principal({ key: 'local|mia', roles: ['developer', 'approver'] });
const miaElsewhere = { ...mia, key: 'okta|00u1', provider: 'okta', subject: '00u1' };

function decide(request: Request, by: typeof mia, word: 'approve' | 'deny' = 'approve') {
  return transition(
    request,
    {
      type: 'decide',
      decisionId: `dec_${by.key}`,
      by,
      word,
      stage: 'stage-1',
      after: null,
      reason: null,
      digest: request.digest,
      revision: request.version,
      origin: BY_API,
    },
    NOW + 1,
  );
}

test("rejects an approval of one's own request under an identity of another provider", () => {
  expect(decide(pendingRequest({ by: mia }), miaElsewhere)).toMatchObject({
    kind: 'refused',
    refusal: { code: 'own_request' },
  });
});

test('two linked identities fill one seat, and their second click does not count', () => {
  const request = pendingRequest({ workflow: workflow({ stages: [stage({ quorum: 2 })] }) });
  const ben = principal({ key: 'local|ben', roles: ['approver'] });
  const benElsewhere = { ...ben, key: 'okta|00u2' };
  const first = decide(request, ben);
  if (first.kind !== 'step') throw new Error('the first word counts');
  expect(first.step.request.state).toBe('pending');
  expect(decide(first.step.request, benElsewhere)).toMatchObject({ kind: 'uncounted' });
  expect(decide(first.step.request, benElsewhere, 'deny')).toMatchObject({
    kind: 'uncounted',
    decision: { word: 'approve' },
  });
});

test('distinguishes people outside the directory by their keys', () => {
  const outside = (key: string) =>
    principal({ key, roles: ['approver'], tenant: null, objectId: null });
  const request = pendingRequest({ workflow: workflow({ stages: [stage({ quorum: 2 })] }) });
  const first = decide(request, outside('okta|a'));
  if (first.kind !== 'step') throw new Error('the first word counts');
  expect(decide(first.step.request, outside('okta|b'))).toMatchObject({
    kind: 'step',
    step: { request: { state: 'approved' } },
  });
});

test('needs as many distinct people as the quorum, whatever identities they use', () => {
  const clicks = fc.array(
    fc.record({
      person: fc.integer({ min: 0, max: 3 }),
      provider: fc.constantFrom('local', 'okta', 'entra'),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(clicks, fc.integer({ min: 1, max: 3 }), (given, quorum) => {
      let request = pendingRequest({ workflow: workflow({ stages: [stage({ quorum })] }) });
      for (const { person, provider } of given) {
        const by = principal({
          key: `${provider}|p${person}`,
          objectId: `oid-p${person}`,
          roles: ['approver'],
        });
        const result = decide(request, by);
        if (result.kind === 'step') request = result.step.request;
      }
      const people = new Set(request.decisions.map(({ approver }) => approver.objectId));
      expect(people.size).toBe(request.decisions.length);
      expect(request.state === 'approved').toBe(people.size >= quorum);
    }),
    { numRuns: 300 },
  );
});

describe('an empty claim', () => {
  const department = { claim: 'department', equals: { requesterClaim: 'department' } };
  const guarded = workflow({ stages: [stage({ where: department })] });

  test.each([[''], [[] as string[]]])(
    '%j: rejects a request where a stage compares with the claim',
    (empty) => {
      const asked = submit(
        {
          id: 'req_1',
          workflow: guarded,
          salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
          requester: { ...mia, claims: { department: empty } },
          fields: { service: 'checkout' },
          reason: null,
          planExecution: () => EXECUTION,
          origin: BY_API,
        },
        NOW,
      );
      expect(asked).toMatchObject({ ok: false, refusal: { code: 'claim_unavailable' } });
    },
  );

  test('does not treat two people without a department as colleagues', () => {
    const request = pendingRequest({ by: { ...mia, claims: { department: 'Payments' } } });
    const planned = {
      id: 'stage-1',
      name: 'Owner',
      after: [],
      seats: [{ roles: ['approver'], where: { claim: 'department', value: '' } }],
      denyQuorum: 1,
    };
    const older: Request = { ...request, plan: { ...request.plan, stages: [planned] } };
    const ben = principal({
      key: 'local|ben',
      roles: ['approver'],
      claims: { department: '' },
    });
    expect(decide(older, ben)).toMatchObject({ refusal: { code: 'claim_mismatch' } });
  });
});
