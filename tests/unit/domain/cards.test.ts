import { neededUntil, reconcile, withoutMessage } from '../../../src/domain/request/cards.ts';
import type { Card } from '../../../src/domain/request/cards.ts';

const AT = { conversationId: '19:approvals', serviceUrl: 'https://teams.example' };
const unposted: Card = {
  id: 'crd_1',
  requestId: 'req_1',
  state: 'unposted',
  channel: 'approvals',
  conversationId: null,
  serviceUrl: null,
  activityId: null,
  postedRevision: 0,
};
const posted = (activityId: string, postedRevision: number, more: Partial<Card> = {}): Card => ({
  ...unposted,
  ...AT,
  state: 'posted',
  activityId,
  postedRevision,
  ...more,
});
const posting = (activityId: string, postedRevision: number) =>
  posted(activityId, postedRevision, { state: 'posting' });
const truth = (...cards: Card[]) => ({
  request: { version: 3, state: 'pending' as const },
  cards,
});

test.each([
  ['an unposted copy is posted', unposted, 'post'],
  ['a copy that shows an older revision is updated', posted('m1', 2), 'update'],
  ['a copy that shows the revision is left', posted('m1', 3), 'nothing'],
  ['a copy that waits for its place is posted', { ...unposted, state: 'waiting' as const }, 'post'],
  ['an undeliverable copy is posted', { ...unposted, state: 'undeliverable' as const }, 'post'],
  [
    'an undeliverable copy that shows an older revision is updated',
    posted('m1', 2, { state: 'undeliverable' }),
    'update',
  ],
  ['a deleted copy is left', posted('m1', 2, { state: 'gone' }), 'nothing'],
  ['a superseded copy is never posted', { ...unposted, state: 'superseded' as const }, 'nothing'],
])('%s', (_name, card, wanted) => {
  expect(reconcile(card, truth(card))).toEqual({ do: wanted });
});

describe('a message that was just sent', () => {
  const elsewhere = posted('m1', 0, { id: 'crd_2', channel: null });

  test.each([
    ['of an unposted copy is stored there', [unposted], { do: 'save', card: posted('m1', 3) }],
    [
      'of a copy that waited for its place is stored there',
      [{ ...unposted, state: 'waiting' as const }],
      { do: 'save', card: posted('m1', 3) },
    ],
    [
      'of an undeliverable copy is stored as posted',
      [posted('m1', 3, { state: 'undeliverable' })],
      { do: 'save', card: posted('m1', 3) },
    ],
    [
      'of a copy that has another message is stored as a copy of its own',
      [posted('m2', 3)],
      { do: 'add', card: posted('m1', 3, { channel: null }) },
    ],
    [
      'that overwrote a newer revision is stored with the revision that it shows',
      [posted('m1', 4)],
      { do: 'save', card: posted('m1', 3) },
    ],
    ['that is already stored needs nothing', [posted('m1', 3)], { do: 'nothing' }],
    [
      'that a click stored first supersedes the unposted copy',
      [unposted, elsewhere],
      { do: 'save', card: { ...unposted, state: 'superseded' } },
    ],
    [
      'that a click stored first does not change a copy with another message',
      [posted('m2', 3), elsewhere],
      { do: 'nothing' },
    ],
    ['of a missing copy needs nothing', [], { do: 'nothing' }],
  ])('%s', (_name, cards, action) => {
    expect(reconcile(posting('m1', 3), truth(...cards))).toEqual(action);
  });
});

test('a deleted message is posted again in the channel of a request that has not ended', () => {
  expect(withoutMessage(posted('m1', 2), { state: 'pending' })).toEqual(unposted);
  const gone = posted('m1', 2, { state: 'gone' });
  expect(withoutMessage(posted('m1', 2), { state: 'denied' })).toEqual(gone);
  const copy = posted('m1', 2, { channel: null });
  expect(withoutMessage(copy, { state: 'pending' })).toEqual({ ...copy, state: 'gone' });
});

test('a message is needed until seven days after the end of its request', () => {
  const days = 86_400_000;
  expect(neededUntil({ state: 'denied', updatedAt: 5 })).toBe(5 + 7 * days);
  expect(neededUntil({ state: 'pending', updatedAt: 5 })).toBeNull();
  expect(neededUntil({ state: 'unknown', updatedAt: 5 })).toBeNull();
});
