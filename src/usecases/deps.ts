import type { Administration } from '../domain/people/administration.ts';
import type {
  Basics,
  ClaimsRefresher,
  Executors,
  Notifier,
  Signals,
  TeamsCards,
  Workflows,
} from './ports/ports.ts';
import type { CardStore, RequestStore } from './ports/store.ts';

/** What the use cases work with; compose.ts hands it over. */
export interface Deps extends Basics {
  readonly store: RequestStore & CardStore;
  readonly workflows: Workflows;
  readonly administration: Administration;
  readonly executors: Executors;
  readonly signals: Signals;
  /** Keyed hash of a text, of one purpose: wait tokens. */
  readonly waitTokenMac: (text: string) => string;
}

/** What the jobs need besides. */
export interface JobDeps extends Deps {
  readonly notifier: Notifier;
  readonly cards: TeamsCards;
  /** What people still have of roles and claims; left out: nobody can tell. */
  readonly refresher?: ClaimsRefresher;
}
