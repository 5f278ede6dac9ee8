import {
  approvalsOf,
  recheckOutcome,
  revalidateApproval,
} from '../../../src/domain/request/recheck.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { transition } from '../../../src/domain/request/transition.ts';
import { BY_API, NOW, pendingRequest, principal } from '../../support/builders.ts';

const seat = (role: string) => ({ roles: [role], where: null });

/** A request with one stage that these people approved, with a plan made for the test. */
function approvedBy(
  plan: object,
  people: readonly { name: string; roles: readonly string[] }[],
): Request {
  const pending = pendingRequest();
  const stage = { id: 'v', name: 'Vote', after: [], seats: [], denyQuorum: 1, ...plan };
  let request: Request = { ...pending, plan: { ...pending.plan, stages: [stage] } };
  for (const { name, roles } of people) {
    const result = transition(
      request,
      {
        type: 'decide',
        decisionId: `dec_${name}`,
        by: principal({ key: `local|${name}`, roles }),
        word: 'approve',
        stage: 'v',
        after: null,
        reason: null,
        digest: request.digest,
        revision: request.version,
        origin: BY_API,
      },
      NOW,
    );
    if (result.kind === 'step') request = result.step.request;
  }
  expect(request.state).toBe('approved');
  return request;
}

function found(request: Request, held: Readonly<Record<string, readonly string[] | undefined>>) {
  const people = approvalsOf(request).map((approval) => {
    const roles = held[approval.approver.name];
    return revalidateApproval(request, approval, roles && { roles, claims: {} });
  });
  return recheckOutcome(request, { at: NOW, people })?.code ?? null;
}

test('passes while the current roles can fill the seats, in any order', () => {
  const request = approvedBy({ seats: [seat('finance'), seat('security')] }, [
    { name: 'ada', roles: ['finance'] },
    { name: 'ben', roles: ['security'] },
  ]);
  expect(found(request, { ada: ['finance'], ben: ['security'] })).toBeNull();
  expect(found(request, { ada: ['security'], ben: ['finance'] })).toBeNull();
  expect(found(request, { ada: ['finance'], ben: ['finance'] })).toBe('roles_withdrawn');
  expect(found(request, { ada: ['finance'], ben: [] })).toBe('roles_withdrawn');
  expect(found(request, { ada: ['finance'], ben: undefined })).toBe('roles_unconfirmed');
});

test('passes when an approval beyond the needs of a group is lost', () => {
  const anyOf = [[seat('admin')], [seat('dev'), seat('dev'), seat('dev')]];
  const request = approvedBy({ anyOf }, [
    { name: 'dan', roles: ['dev'] },
    { name: 'ada', roles: ['admin'] },
  ]);
  expect(found(request, { dan: [], ada: ['admin'] })).toBeNull();
  expect(found(request, { dan: ['dev'], ada: [] })).toBe('roles_withdrawn');
});
