import fc from 'fast-check';
import { mayRead } from '../../../src/domain/people/authority.ts';
import { readersOf, readersWith } from '../../../src/domain/people/readers.ts';
import type { ClaimValue } from '../../../src/domain/people/principal.ts';
import type { Request, Seat } from '../../../src/domain/request/request.ts';
import { pendingRequest, principal } from '../../support/builders.ts';

const roles = fc.uniqueArray(fc.constantFrom('a', 'b', 'a|b', 'c'), { maxLength: 3 });
const value: fc.Arbitrary<ClaimValue> = fc.constantFrom<ClaimValue[]>(
  '',
  'x',
  '1',
  1,
  true,
  'true',
  ['x'],
  [],
);
const claim = fc.constantFrom('department', 'site');
const seat: fc.Arbitrary<Seat> = fc.record({
  roles: roles.filter((list) => list.length > 0),
  where: fc.option(fc.record({ claim, value })),
});
const nobody = { issuers: [], roles: [], auditorRoles: [] };

test('who may read a request and is no auditor is in one of its groups of readers, and nobody else', () => {
  fc.assert(
    fc.property(
      fc.array(seat, { minLength: 1, maxLength: 3 }),
      roles,
      fc.dictionary(claim, value),
      fc.constantFrom('local|mia', 'local|kim'),
      (seats, held, claims, key) => {
        const mia = principal({ key: 'local|mia', roles: ['developer'] });
        const plain = pendingRequest({ by: mia });
        const stages = plain.plan.stages.slice(0, 1).map((stage) => ({ ...stage, seats }));
        const request: Request = { ...plain, plan: { ...plain.plan, stages } };
        const person = principal({ key, roles: held, claims });
        const groups = new Set(readersOf(request));
        const found = readersWith(person).some((group) => groups.has(group));
        expect(found).toBe(mayRead(request, person, nobody));
      },
    ),
  );
});
