import { expect, test } from '@jest/globals';
import type { SeenPerson } from '../../../src/usecases/ports/card-store.ts';
import { T0, change, seen } from '../build.ts';
import type { Given } from '../describe-store.ts';

export function peopleTests(given: Given): void {
  const see = (...people: SeenPerson[]) => given().store.commit(change({ people }));
  const names = async (roles: readonly string[], limit = 10) =>
    (await given().store.findPeople(roles, limit)).map(({ name }) => name);

  test('reads a person back unchanged', async () => {
    const alex = seen('alex', { roles: ['approver', 'duty-manager'] });
    await see(alex);
    expect(await given().store.findPerson(alex.key)).toEqual(alex);
    expect(await given().store.findPeople(['duty-manager'], 5)).toEqual([alex]);
    expect(await given().store.findPerson('none')).toBeUndefined();
  });

  test('finds people with any of the roles, each once, last seen first', async () => {
    await see(
      seen('alex', { roles: ['approver', 'security-lead'], seenAt: T0 + 1 }),
      seen('sam', { roles: ['approver'], seenAt: T0 + 3 }),
      seen('kim', { roles: ['security-lead'], seenAt: T0 + 2 }),
      seen('dana', { roles: ['developer'], seenAt: T0 + 9 }),
      seen('noor', { roles: [], seenAt: T0 + 9 }),
    );
    expect(await names(['approver'])).toEqual(['sam', 'alex']);
    expect(await names(['approver', 'security-lead'])).toEqual(['sam', 'kim', 'alex']);
    expect(await names(['approver', 'security-lead'], 2)).toEqual(['sam', 'kim']);
    expect(await names(['security-lead'], 1)).toEqual(['kim']);
    expect(await names(['nobody'])).toEqual([]);
    expect(await names([])).toEqual([]);
  });

  test('a later token replaces all values of an earlier one, roles included', async () => {
    await see(seen('alex', { roles: ['approver', 'duty-manager'] }), seen('sam'));
    const later = seen('alex', {
      roles: ['approver', 'auditor'],
      seenAt: T0 + 5,
      userId: '29:new',
      claims: {},
    });
    await see(later);
    expect(await given().store.findPerson(later.key)).toEqual(later);
    expect(await names(['duty-manager'])).toEqual([]);
    expect(await names(['auditor'])).toEqual(['alex']);
    expect(await names(['approver'])).toEqual(['alex', 'sam']);
  });

  test('an older token that arrives late changes nothing', async () => {
    const newer = seen('alex', { roles: [], seenAt: T0 + 5 });
    await see(newer);
    await see(seen('alex', { roles: ['approver'], seenAt: T0 }));
    expect(await given().store.findPerson(newer.key)).toEqual(newer);
    expect(await names(['approver'])).toEqual([]);
  });
}
