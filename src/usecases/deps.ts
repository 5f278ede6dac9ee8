import type { Administration } from '../domain/people/administration.ts';
import type { Basics } from './ports/basics.ts';
import type { ClaimsRefresher } from './ports/claims-refresher.ts';
import type { Executors } from './ports/executors.ts';
import type { Notifier } from './ports/notifier.ts';
import type { Signals } from './ports/signals.ts';
import type { TeamsCards } from './ports/cards.ts';
import type { Workflows } from './ports/workflows.ts';
import type { CardStore } from './ports/card-store.ts';
import type { RequestStore } from './ports/request-store.ts';

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
