import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';

/** What every use case is given. */
export interface Basics {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}
