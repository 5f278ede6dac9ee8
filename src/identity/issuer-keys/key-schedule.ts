import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../../lib/loop.ts';
import type { Running } from '../../lib/loop.ts';
import type { Providers } from '../providers.ts';

/** How often it is looked whose keys have become old; each issuer is fetched every ten minutes. */
const LOOK_EVERY_MS = 60_000;

/**
 * Keeps the keys of every configured issuer fresh, also while no token of it comes: a new key is
 * there before the first token that needs it, and a quiet hour costs nobody a wait.
 */
export function startKeySchedule(options: {
  providers: Providers;
  log: Logger;
  everyMs?: number;
}): Running {
  const { providers, log, everyMs = LOOK_EVERY_MS } = options;
  return startLoop({
    turn: async () => {
      await Promise.all(providers.list().map(({ keys }) => keys.keepFresh()));
      return everyMs;
    },
    failed: (error) => log.warn('the scheduled refresh of keys failed', { error }),
    failureRestMs: everyMs,
  });
}
