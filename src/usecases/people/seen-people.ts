import { Lru } from '../../lib/lru.ts';
import type { SeenPerson } from '../ports/card-store.ts';

/** How long an unchanged person is not written again. */
const FRESH_MS = 600_000;

export type SeenPeople = ReturnType<typeof createSeenPeople>;

/** Knows what this process stored of the last 10,000 people, so that a commit writes only changes. */
export function createSeenPeople() {
  const last = new Lru<SeenPerson>(10_000);
  return {
    /** The person if it must be written; empty if the same was written recently. */
    news(person: SeenPerson): readonly SeenPerson[] {
      const known = last.get(person.key);
      const fresh = known !== undefined && person.seenAt - known.seenAt < FRESH_MS;
      return fresh && saysTheSame(person, known) ? [] : [person];
    },
    /** Notes that these were committed. */
    written(people: readonly SeenPerson[]): void {
      for (const person of people) last.set(person.key, person);
    },
  };
}

/** Compares in order: the same values in another order are written again. */
function saysTheSame(one: SeenPerson, other: SeenPerson): boolean {
  return JSON.stringify({ ...one, seenAt: 0 }) === JSON.stringify({ ...other, seenAt: 0 });
}
