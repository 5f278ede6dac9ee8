import { Lru } from '../lib/lru.ts';
import type { SeenPerson } from './store-ports.ts';

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
  const last = new Lru<string, { what: string; at: number }>(10_000);
  return {
    news(person) {
      const known = last.get(person.key);
      const fresh = known !== undefined && person.seenAt - known.at < FRESH_MS;
      return fresh && known.what === whatIsSaid(person) ? [] : [person];
    },
    written(people) {
      for (const person of people) {
        last.set(person.key, { what: whatIsSaid(person), at: person.seenAt });
      }
    },
  };
}

function whatIsSaid({ userId, name, roles, claims }: SeenPerson): string {
  // Only ever compared to itself: the same in another order is written once more.
  return JSON.stringify([userId, name, roles, claims]);
}
