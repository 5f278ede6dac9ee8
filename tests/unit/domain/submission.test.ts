import { requestDigest } from '../../../src/domain/request/digest.ts';
import { checkFields } from '../../../src/domain/workflow/fields.ts';
import { mayRead } from '../../../src/domain/people/authority.ts';
import { submit } from '../../../src/domain/request/submit.ts';
import type { Workflow } from '../../../src/domain/workflow/workflow.ts';
import {
  BY_API,
  EXECUTION,
  NOW,
  field,
  pendingRequest,
  principal,
  stage,
  workflow,
} from '../../support/builders.ts';

const mia = principal({ key: 'local|mia', roles: ['developer'] });

function ask(change: {
  workflow?: Workflow;
  by?: typeof mia;
  fields?: Record<string, unknown>;
  reason?: string;
}) {
  const result = submit(
    {
      id: 'req_1',
      workflow: change.workflow ?? workflow(),
      salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
      requester: change.by ?? mia,
      fields: change.fields ?? { service: 'checkout' },
      reason: change.reason ?? null,
      planExecution: () => EXECUTION,
      origin: BY_API,
    },
    NOW,
  );
  return result.ok ? result.step.request : result.refusal.code;
}

test('the executor plans with the checked fields, and the digest covers what it planned', () => {
  const asked = (service: string) => {
    const result = submit(
      {
        id: 'req_1',
        salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
        workflow: workflow(),
        requester: mia,
        fields: { service },
        reason: null,
        planExecution: (fields) => ({ ...EXECUTION, target: `team/${String(fields['service'])}` }),
        origin: BY_API,
      },
      NOW,
    );
    if (!result.ok) throw new Error(result.refusal.code);
    return result.step.request;
  };
  const { plan, digest, fields, ...request } = asked('checkout');
  expect(plan.execution.target).toBe('team/checkout');
  const subject = {
    requestId: request.id,
    workflow: request.workflow,
    workflowVersion: request.workflowVersion,
    requester: request.requester.key,
    beneficiary: request.beneficiary.key,
    reason: null,
    fields,
    salt: request.salt ?? '',
  };
  const { stages, execution } = plan;
  expect(requestDigest({ ...subject, plan: { stages, execution } })).toBe(digest);
  const elsewhere = { ...execution, target: 'team/billing' };
  expect(requestDigest({ ...subject, plan: { stages, execution: elsewhere } })).not.toBe(digest);
});

describe('fields', () => {
  const all = workflow({
    fields: [
      field({ id: 'service', type: 'choice', choices: ['checkout', 'billing'], required: true }),
      field({ id: 'version', pattern: '\\d+\\.\\d+' }),
      field({ id: 'window', type: 'duration', max: 8 * 3_600_000, default: 3_600_000 }),
      field({ id: 'count', type: 'number', min: 1, max: 9 }),
      field({ id: 'dry', type: 'boolean' }),
    ],
  });
  const check = (given: Record<string, unknown>) => {
    const result = checkFields(all, { service: 'checkout', ...given });
    return result.ok ? result.fields : `${result.refusal.code} ${result.refusal.field ?? ''}`;
  };

  test('converts the text of forms to values, and fills in defaults', () => {
    expect(check({ version: '1.2', window: 'PT30M', count: '3', dry: 'true' })).toEqual({
      service: 'checkout',
      version: '1.2',
      window: 1_800_000,
      count: 3,
      dry: true,
    });
    expect(check({})).toEqual({ service: 'checkout', window: 3_600_000 });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['unknown', { nope: 1 }, 'field_unknown '],
    ['prototype', JSON.parse('{"__proto__": 1}'), 'field_unknown '],
    ['an unknown choice', { service: 'other' }, 'field_invalid service'],
    ['missing', { service: '' }, 'field_missing service'],
    ['a pattern that matches only a part', { version: 'x1.2' }, 'field_invalid version'],
    ['a line break', { version: '1.2\n1.2' }, 'field_invalid version'],
    ['a lone surrogate', { version: '\ud800' }, 'field_invalid version'],
    ['an object in place of text', { version: {} }, 'field_invalid version'],
    ['a duration over the maximum', { window: '9h' }, 'field_invalid window'],
    ['an invalid duration', { window: 'soon' }, 'field_invalid window'],
    ['a number in place of a duration', { window: 5 }, 'field_invalid window'],
    ['zero', { window: '0s' }, 'field_invalid window'],
    ['a number under the minimum', { count: 0 }, 'field_invalid count'],
    ['an invalid number', { count: '1x' }, 'field_invalid count'],
    ['a blank number', { count: ' ' }, 'field_invalid count'],
    ['an invalid boolean', { dry: 'yes' }, 'field_invalid dry'],
  ])('%s', (_name, given, expected) => expect(check(given)).toBe(expected));

  test('limits the size of all fields together', () => {
    const big = workflow({
      fields: ['a', 'b'].map((id) => field({ id, type: 'multiline', maxLength: 10_000 })),
    });
    const result = checkFields(big, { a: 'x'.repeat(9_000), b: 'y'.repeat(9_000) });
    expect(result).toMatchObject({ ok: false, refusal: { code: 'request_too_large' } });
  });
});

describe('who may request', () => {
  test('a person with a role of the workflow', () => {
    expect(ask({})).toMatchObject({ state: 'pending', version: 1 });
    expect(ask({ by: principal({ roles: ['other'] }) })).toBe('requester_not_allowed');
  });

  test('a workload with the issuer and every claim; its roles and claims of people do not count', () => {
    const only = workflow({
      request: {
        roles: ['developer'],
        workloads: [{ issuer: 'github', claims: { repository: 'contoso/checkout' } }],
      },
    });
    const job = principal({
      key: 'github|job',
      kind: 'workload',
      provider: 'github',
      roles: ['developer'],
      claims: { repository: 'contoso/checkout' },
    });
    expect(ask({ workflow: only, by: job })).toMatchObject({ state: 'pending' });
    for (const other of [
      { ...job, provider: 'gitlab' },
      { ...job, claims: {} },
      { ...job, claims: { repository: ['contoso/checkout'] } },
      { ...job, kind: 'person' as const, roles: [] },
    ])
      expect(ask({ workflow: only, by: other })).toBe('requester_not_allowed');
  });

  test('an empty rule matches no workload, and an empty list of roles nobody', () => {
    const open = workflow({ request: { roles: [], workloads: [{ issuer: 'local', claims: {} }] } });
    expect(ask({ workflow: open })).toBe('requester_not_allowed');
    expect(ask({ workflow: open, by: principal({ kind: 'workload' }) })).toBe(
      'requester_not_allowed',
    );
  });

  test('rejects a request where a stage compares with a claim that the requester lacks', () => {
    const where = { claim: 'department', equals: { requesterClaim: 'department' } };
    expect(ask({ workflow: workflow({ stages: [stage({ where })] }) })).toBe('claim_unavailable');
  });

  test('leaves out a stage whose condition is false, and rejects a request without any stage', () => {
    const when = { field: 'service', in: ['billing'], over: null };
    const two = workflow({ stages: [stage(), stage({ name: 'Security', when })] });
    expect(ask({ workflow: two })).toMatchObject({ plan: { stages: [{ name: 'Owner' }] } });
    expect(ask({ workflow: workflow({ stages: [stage({ when })] }) })).toBe('no_stage_applies');
  });
});

test('only requester, possible deciders of a stage and auditors may read a request', () => {
  const request = pendingRequest();
  const auditors = { issuers: ['local'], roles: ['admin'], auditorRoles: ['auditor'] };
  const reads = (change: Parameters<typeof principal>[0], administration = auditors) =>
    mayRead(request, principal(change), administration);
  expect(reads({ key: 'local|mia' })).toBe(true);
  expect(reads({ roles: ['approver'] })).toBe(true);
  expect(reads({ roles: ['auditor'] })).toBe(true);
  expect(reads({ roles: ['admin'] })).toBe(false);
  expect(reads({ roles: ['auditor'], provider: 'other' })).toBe(false);
  expect(reads({ roles: ['auditor'] }, { issuers: [], roles: [], auditorRoles: [] })).toBe(false);
  expect(reads({ roles: ['developer'] })).toBe(false);
  expect(reads({ roles: ['approver', 'auditor'], kind: 'workload' })).toBe(false);
});
