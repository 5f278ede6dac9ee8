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
      requester: change.by ?? mia,
      fields: change.fields ?? { service: 'checkout' },
      reason: change.reason ?? null,
      execution: EXECUTION,
      origin: BY_API,
    },
    NOW,
  );
  return result.ok ? result.step.request : result.refusal.code;
}

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

  test('text as forms send it becomes values, and defaults fill what is left out', () => {
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
    ['not a choice', { service: 'other' }, 'field_invalid service'],
    ['missing', { service: '' }, 'field_missing service'],
    ['pattern is of the whole text', { version: 'x1.2' }, 'field_invalid version'],
    ['two lines', { version: '1.2\n1.2' }, 'field_invalid version'],
    ['lone surrogate', { version: '\ud800' }, 'field_invalid version'],
    ['not text', { version: {} }, 'field_invalid version'],
    ['too long a window', { window: '9h' }, 'field_invalid window'],
    ['no duration', { window: 'soon' }, 'field_invalid window'],
    ['a number as duration', { window: 5 }, 'field_invalid window'],
    ['zero', { window: '0s' }, 'field_invalid window'],
    ['too small', { count: 0 }, 'field_invalid count'],
    ['not a number', { count: '1x' }, 'field_invalid count'],
    ['blank number', { count: ' ' }, 'field_invalid count'],
    ['neither true nor false', { dry: 'yes' }, 'field_invalid dry'],
  ])('%s', (_name, given, expected) => expect(check(given)).toBe(expected));

  test('all fields together are bounded', () => {
    const big = workflow({
      fields: ['a', 'b'].map((id) => field({ id, type: 'multiline', maxLength: 10_000 })),
    });
    const result = checkFields(big, { a: 'x'.repeat(9_000), b: 'y'.repeat(9_000) });
    expect(result).toMatchObject({ ok: false, refusal: { code: 'request_too_large' } });
  });
});

describe('who may ask', () => {
  test('a role that the workflow names', () => {
    expect(ask({})).toMatchObject({ state: 'pending', version: 1 });
    expect(ask({ by: principal({ roles: ['other'] }) })).toBe('requester_not_allowed');
  });

  test("a workload by issuer and every claim; roles and people's claims do not count", () => {
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

  test('an empty rule matches no workload, and no roles let nobody in', () => {
    const open = workflow({ request: { roles: [], workloads: [{ issuer: 'local', claims: {} }] } });
    expect(ask({ workflow: open })).toBe('requester_not_allowed');
    expect(ask({ workflow: open, by: principal({ kind: 'workload' }) })).toBe(
      'requester_not_allowed',
    );
  });

  test('a stage that compares with a claim the requester lacks refuses at once', () => {
    const where = { claim: 'department', equals: { requesterClaim: 'department' } };
    expect(ask({ workflow: workflow({ stages: [stage({ where })] }) })).toBe('claim_unavailable');
  });

  test('a stage whose condition does not hold falls away; without any it is refused', () => {
    const when = { field: 'service', in: ['billing'], over: null };
    const two = workflow({ stages: [stage(), stage({ name: 'Security', when })] });
    expect(ask({ workflow: two })).toMatchObject({ plan: { stages: [{ name: 'Owner' }] } });
    expect(ask({ workflow: workflow({ stages: [stage({ when })] }) })).toBe('no_stage_applies');
  });
});

test('a request is read by asker, deciders of any stage and auditors only', () => {
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
