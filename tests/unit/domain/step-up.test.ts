import { requestDigest } from '../../../src/domain/request/digest.ts';
import { meetsStepUp } from '../../../src/domain/request/step-up.ts';
import type { StepUp } from '../../../src/domain/request/step-up.ts';
import { transition } from '../../../src/domain/request/transition.ts';
import type { DecideCommand } from '../../../src/domain/request/commands/decide.ts';
import { BY_API, NOW, pendingRequest, principal, stage, workflow } from '../../support/builders.ts';

const MINUTE = 60_000;
const demand = (given: Partial<StepUp>): StepUp => ({
  acr: null,
  amr: null,
  maxAgeMs: null,
  ...given,
});
const token = (given: object) => ({ ...principal().token, ...given });

test.each<[string, Partial<StepUp>, object, boolean]>([
  ['one of the contexts', { acr: ['c1', 'c2'] }, { acr: 'c2' }, true],
  ['another context', { acr: ['c1'] }, { acr: 'c2' }, false],
  ['no context', { acr: ['c1'] }, { acr: null }, false],
  ["one of Entra's", { acr: ['c1'] }, { acr: '1', acrs: ['c2', 'c1'] }, true],
  ['all methods', { amr: ['pwd', 'mfa'] }, { amr: ['mfa', 'pwd', 'rsa'] }, true],
  ['one method of two', { amr: ['pwd', 'mfa'] }, { amr: ['pwd'] }, false],
  ['exactly at the maximum age', { maxAgeMs: MINUTE }, { authTime: NOW - MINUTE }, true],
  ['one ms over the maximum age', { maxAgeMs: MINUTE }, { authTime: NOW - MINUTE - 1 }, false],
  ['no authentication time', { maxAgeMs: MINUTE }, { authTime: null }, false],
  ['a clock slightly ahead', { maxAgeMs: MINUTE }, { authTime: NOW + MINUTE }, true],
  [
    'an authentication time in the future',
    { maxAgeMs: MINUTE },
    { authTime: NOW + 2 * MINUTE },
    false,
  ],
  ['one of two parts', { acr: ['c1'], maxAgeMs: MINUTE }, { acr: 'c1', authTime: 1 }, false],
])('%s', (_name, wanted, given, ok) => {
  const ruled = meetsStepUp(demand(wanted), token(given), NOW);
  expect(ruled.ok).toBe(ok);
  if (!ruled.ok) expect(ruled.refusal.code).toBe('step_up_required');
});

describe('a stage that demands a step-up', () => {
  const strict = workflow({ stages: [stage({ stepUp: demand({ acr: ['c1'] }) }), stage()] });
  const request = pendingRequest({ workflow: strict });
  const say = (acr: string | null, change: Partial<DecideCommand> = {}) =>
    transition(
      request,
      {
        type: 'decide',
        decisionId: 'dec_1',
        word: 'approve',
        stage: 'stage-1',
        after: null,
        reason: null,
        digest: request.digest,
        revision: 1,
        origin: BY_API,
        by: principal({ key: 'local|ben', roles: ['approver'], token: token({ acr }) }),
        ...change,
      },
      NOW,
    );

  test('accepts a decision under the demanded context alone', () => {
    expect(say('c1').kind).toBe('step');
    expect(say('pwd')).toMatchObject({ kind: 'refused', refusal: { code: 'step_up_required' } });
    expect(say('pwd', { word: 'deny' })).toMatchObject({ kind: 'refused' });
  });

  test('checks the role first, so that nobody signs in for nothing', () => {
    const by = principal({ key: 'local|eve', token: token({ acr: 'pwd' }) });
    expect(say('pwd', { by })).toMatchObject({ refusal: { code: 'role_missing' } });
  });

  test('is part of the plan and of the digest', () => {
    expect(request.plan.stages[0]?.stepUp).toEqual(demand({ acr: ['c1'] }));
    expect(request.plan.stages[1]).not.toHaveProperty('stepUp');
    const { workflow: id, workflowVersion, requester, beneficiary, reason, fields, plan } = request;
    const subject = {
      requestId: request.id,
      workflow: id,
      workflowVersion,
      salt: request.salt ?? '',
      requester: requester.key,
      beneficiary: beneficiary.key,
      reason,
      fields,
    };
    const { stages, execution } = plan;
    expect(requestDigest({ ...subject, plan: { stages, execution } })).toBe(request.digest);
    const weaker = stages.map(({ stepUp: _, ...rest }) => rest);
    expect(requestDigest({ ...subject, plan: { stages: weaker, execution } })).not.toBe(
      request.digest,
    );
  });

  test('stores in the evidence the proof and the time of the verification', () => {
    const proof = { way: 'refresh', verifiedAt: NOW - 5, sessionId: 'ses_1' } as const;
    const by = {
      ...principal({ key: 'local|ben', roles: ['approver'], token: token({ acr: 'c1' }) }),
      proof,
    };
    const made = say('c1', { by });
    expect(made.kind === 'step' && made.step.decision?.evidence.proof).toEqual(proof);
    expect(made.kind === 'step' && made.step.events[0]?.data).toMatchObject({
      evidence: { proof },
    });
  });
});
