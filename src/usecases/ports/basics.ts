import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';

/** The dependencies of every use case. */
export interface Basics {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
}
