import type { ClaimValue } from '../../domain/people/principal.ts';
import { Lru } from '../../lib/lru.ts';
import type { SeenPerson } from '../ports/card-store.ts';

/** How old what is stored of a person may be when nothing of it has changed. */
const FRESH_MS = 600_000;

/** Knows what this process wrote of people lately, so that a commit carries only what is news. */
export interface SeenPeople {
  /** The person where that is news; empty where the same was written a moment ago. */
  news(person: SeenPerson): readonly SeenPerson[];
  /** These have been committed. */
  written(people: readonly SeenPerson[]): void;
}

/** Remembers the last 10,000 people. */
export function createSeenPeople(): SeenPeople {
  const last = new Lru<SeenPerson>(10_000);
  return {
    news(person) {
      const known = last.get(person.key);
      const fresh = known !== undefined && person.seenAt - known.seenAt < FRESH_MS;
      return fresh && saysTheSame(person, known) ? [] : [person];
    },
    written(people) {
      for (const person of people) last.set(person.key, person);
    },
  };
}

/** The same in another order is no sameness: it is written once more. */
function saysTheSame(one: SeenPerson, other: SeenPerson): boolean {
  if (one.userId !== other.userId || one.name !== other.name) return false;
  if (!sameList(one.roles, other.roles)) return false;
  const names = Object.keys(one.claims);
  return (
    sameList(names, Object.keys(other.claims)) &&
    names.every((name) => sameValue(one.claims[name], other.claims[name]))
  );
}

function sameValue(one: ClaimValue | undefined, other: ClaimValue | undefined): boolean {
  if (one === other) return true;
  return typeof one === 'object' && typeof other === 'object' && sameList(one, other);
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
}
