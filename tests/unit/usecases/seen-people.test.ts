import { createSeenPeople } from '../../../src/usecases/people/seen-people.ts';
import type { SeenPerson } from '../../../src/usecases/ports/card-store.ts';

const T0 = 1_700_000_000_000;

function person(change: Partial<SeenPerson> = {}): SeenPerson {
  return {
    key: 'local|t|o',
    tenantId: 't',
    objectId: 'o',
    userId: '29:a',
    name: 'Amara',
    roles: ['approver', 'lead'],
    claims: { department: 'payments', sites: ['a', 'b'] },
    seenAt: T0,
    ...change,
  };
}

function seen() {
  const people = createSeenPeople();
  people.written([person()]);
  return people;
}

test('reports an unchanged person once in ten minutes, also for equal objects', () => {
  const people = createSeenPeople();
  expect(people.news(person())).toEqual([person()]);
  people.written([person()]);
  expect(people.news(person({ seenAt: T0 + 599_999 }))).toEqual([]);
  expect(people.news(person({ seenAt: T0 + 600_000 }))).toHaveLength(1);
});

test.each<[string, Partial<SeenPerson>]>([
  ['another account in Teams', { userId: '29:b' }],
  ['another name', { name: 'Amara O.' }],
  ['an additional role', { roles: ['approver', 'lead', 'admin'] }],
  ['a removed role', { roles: ['approver'] }],
  ['another role', { roles: ['approver', 'admin'] }],
  ['no claims', { claims: {} }],
  ['an additional claim', { claims: { department: 'payments', sites: ['a', 'b'], level: 3 } }],
  ['a claim under another name', { claims: { section: 'payments', sites: ['a', 'b'] } }],
  ['a claim of another value', { claims: { department: 'risk', sites: ['a', 'b'] } }],
  ['a list with other values', { claims: { department: 'payments', sites: ['a', 'c'] } }],
  ['a list in place of a string', { claims: { department: ['payments'], sites: ['a', 'b'] } }],
])('reports %s at once', (_what, change) => {
  const now = person({ ...change, seenAt: T0 + 1 });
  expect(seen().news(now)).toEqual([now]);
});
