import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../../lib/loop.ts';
import type { Running } from '../../lib/loop.ts';
import type { Providers } from '../providers.ts';

/** How often the age of keys is checked; each issuer is fetched every ten minutes. */
const CHECK_EVERY_MS = 60_000;

/**
 * Keeps the keys of every configured issuer fresh in the background: a rotated key is there before
 * its first token, and no call waits for a fetch.
 */
export function startKeySchedule(options: {
  providers: Providers;
  log: Logger;
  everyMs?: number;
}): Running {
  const { providers, log, everyMs = CHECK_EVERY_MS } = options;
  return startLoop({
    turn: async () => {
      await Promise.all(providers.list().map(({ keys }) => keys.keepFresh()));
      return everyMs;
    },
    failed: (error) => log.warn('the scheduled refresh of keys failed', { error }),
    failureRestMs: everyMs,
  });
}
