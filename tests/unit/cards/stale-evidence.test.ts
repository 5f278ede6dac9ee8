import { createCards } from '../../../src/cards/cards.ts';
import { en } from '../../../src/text/en.ts';
import type { Decision, Recheck } from '../../../src/domain/request/request.ts';
import { textsOf } from './card-reading.ts';
import { amara, decision, NOW, sample } from './samples.ts';

const cards = createCards({ publicUrl: 'https://approvals.example' })(en);

function shown(
  decided: Decision,
  found?: Recheck['people'][number]['found'],
  claim?: string,
): string {
  const recheck: Recheck | undefined = found && {
    at: NOW,
    people: [
      {
        decisionId: decided.id,
        key: amara.key,
        role: 'approver',
        found,
        seats: found === 'held' ? [0] : [],
        ...(claim === undefined ? {} : { claim }),
      },
    ],
  };
  const request = sample({
    state: 'failed',
    decisions: [decided],
    ...(recheck === undefined ? {} : { recheck }),
  });
  return textsOf(cards.request(request, { viewer: null, refreshFor: [], now: NOW }).card).join('');
}

const fresh = decision(amara);
const { token } = fresh.evidence;
const old = decision(amara, 'approve', {
  evidence: { ...fresh.evidence, token: { ...token, issuedAt: fresh.at - 3_600_001 } },
});

test.each([
  ['shows no warning for a fresh role', fresh, undefined, null, null],
  [
    'marks a role that was verified over an hour before',
    old,
    undefined,
    'approved (role not fresh)',
    null,
  ],
  ['shows no warning for an old role that was confirmed since', old, 'held', null, null],
  ['marks a role that was lost since', fresh, 'lost', 'approved (role lost since)', null],
  [
    'marks a role that could not be confirmed',
    fresh,
    'unknown',
    'approved (role not confirmed)',
    null,
  ],
  [
    'marks a claim that has changed',
    fresh,
    'lost',
    'approved (department changed since)',
    'department',
  ],
  [
    'marks a claim that could not be confirmed',
    fresh,
    'unknown',
    'approved (department not confirmed)',
    'department',
  ],
] as const)('%s', (_name, decided, found, words, claim) => {
  const text = shown(decided, found, claim ?? undefined);
  expect(text).toContain('Amara Okafor');
  if (words === null) expect(text).not.toContain('(role');
  else expect(text).toContain(words);
});
