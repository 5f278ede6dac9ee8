import type { Administration } from '../domain/people/administration.ts';
import type { AuditReader } from './ports/audit-reader.ts';
import type { Basics } from './ports/basics.ts';
import type { ClaimsRefresher } from './ports/claims-refresher.ts';
import type { Executors } from './ports/executors.ts';
import type { Notifier } from './ports/notifier.ts';
import type { Signals } from './ports/signals.ts';
import type { TeamsCards } from './ports/cards.ts';
import type { Workflows } from './ports/workflows.ts';
import type { CardStore } from './ports/card-store.ts';
import type { ErasureStore } from './ports/erasure-store.ts';
import type { JobAdminStore } from './ports/job-admin-store.ts';
import type { Limits } from './limits.ts';
import type { JobStore } from './ports/job-store.ts';
import type { PersonKeyStore } from './ports/person-keys.ts';
import type { RecordEvents } from './record-events.ts';
import type { RequestStore } from './ports/request-store.ts';

/** The ports and services of the use cases; compose/ creates it. */
export interface AppContext extends Basics {
  readonly store: RequestStore &
    CardStore &
    ErasureStore &
    PersonKeyStore &
    JobAdminStore &
    Pick<JobStore, 'wakeCards'>;
  readonly workflows: Workflows;
  readonly administration: Administration;
  readonly limits: Limits;
  readonly audit: AuditReader;
  readonly executors: Executors;
  readonly signals: Signals;
  /** Keyed hash (MAC) of wait tokens. */
  readonly waitTokenMac: (text: string) => string;
  /** Keyed hash of a text, for once-keys and the fingerprints beside them: both may be personal. */
  readonly onceKeyMac: (text: string) => string;
  readonly record: RecordEvents;
  /** Keys of the other identities that the configuration links to this one. */
  readonly linkedTo: (key: string) => readonly string[];
}

/** What jobs need in addition. */
export interface JobDeps extends AppContext {
  readonly notifier: Notifier;
  readonly cards: TeamsCards;
  /** Current roles and claims of people; absent: they cannot be determined. */
  readonly refresher?: ClaimsRefresher;
}
