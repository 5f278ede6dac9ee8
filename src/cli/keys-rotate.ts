import { createKeys } from '../keys/keys.ts';
import { systemClock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import type { CommandIo } from './command.ts';
import { onConfiguredStore } from './open-configured.ts';
import { parseOptions } from './options.ts';

const OPTIONS = {
  config: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/**
 * `countersign keys rotate`: makes a new key for secrets that are stored for a while (refresh
 * tokens, parked sign-ins). What older keys sealed still opens, and is sealed anew when it is used
 * or within minutes by the service's housekeeping.
 */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseOptions(args, OPTIONS, 0);
  return onConfiguredStore(values.config, io, async ({ store, config }) => {
    const { secret } = config.signing;
    const keys = await createKeys({ store, secret, clock: systemClock });
    const before = keys.sealingKey('stored-secrets');
    const key = await keys.rotate('stored-secrets', store);
    const now = systemClock.now();
    await store.commit({
      id: systemIds.next('chg', now),
      at: now,
      events: [
        {
          id: systemIds.next('evt', now),
          at: now,
          type: 'keys.rotated',
          requestId: null,
          actor: null,
          data: { purpose: 'stored-secrets', before, key },
        },
      ],
    });
    io.stdout(values.json ? `${JSON.stringify({ key })}\n` : `The key is now ${key}.\n`);
  });
}
