import { createCards } from '../../../src/cards/cards.ts';
import { en } from '../../../src/text/en.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { verbsOf } from './card-reading.ts';
import { mia, NOW, sample } from './samples.ts';

const cards = createCards({ publicUrl: 'https://approvals.example' })(en);
const shown = (request: Request) =>
  verbsOf(cards.request(request, { viewer: null, refreshFor: [], now: NOW }).card);

/** One more sign than any card shows of each part that the digest is over. */
const long = 'x'.repeat(601);
const execution = sample().plan.execution;
const planned = (change: Partial<typeof execution>): Request => {
  const base = sample();
  return { ...base, plan: { ...base.plan, execution: { ...execution, ...change } } };
};

test.each<[string, Request]>([
  ['request id', sample({ id: long })],
  ['workflow', sample({ workflow: long })],
  ['workflow version', sample({ workflowVersion: long })],
  ['requester', sample({ requester: { ...mia, key: long } })],
  ['beneficiary', sample({ beneficiary: { ...mia, key: long } })],
  ['reason', sample({ reason: long })],
  ['a field', sample({ fields: { service: long } })],
  ['a field that the plan does not name', sample({ fields: { other: long } })],
  ['executor', planned({ executor: long })],
  ['executor configuration', planned({ configHash: long })],
  ['target', planned({ target: long })],
])('a card that cuts off the %s offers Review, not Approve', (_part, request) => {
  expect(shown(request)).toEqual(['review']);
});

test('a card that shows everything offers Approve', () => {
  expect(shown(sample())).toContain('approve');
});
