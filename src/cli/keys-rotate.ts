import { systemClock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import { defineCommand, EXIT } from './command.ts';
import { onConfiguredStore } from './on-configured-store.ts';
import { configOption, jsonOption } from './options.ts';

/**
 * `countersign keys rotate`: makes a new key for stored secrets (refresh tokens, parked sign-ins).
 * Older keys still decrypt. The service encrypts each secret anew when it is used, or within
 * minutes in its maintenance.
 */
export const keysRotate = defineCommand({
  options: (command) => command.addOption(configOption).addOption(jsonOption),
  run: ({ options, io }) =>
    onConfiguredStore(options, io, async ({ store, keys, record }) => {
      const before = keys.encryptionKey('stored-secrets');
      const key = await keys.rotate('stored-secrets', store);
      const now = systemClock.now();
      const data = { purpose: 'stored-secrets', before, key };
      const event = { type: 'keys.rotated', requestId: null, actor: null, data } as const;
      await record([event], now, (recorded) =>
        store.commit({ id: systemIds.next('chg', now), at: now, ...recorded }),
      );
      io.stdout(options.json ? `${JSON.stringify({ key })}\n` : `The key is now ${key}.\n`);
      return EXIT.done;
    }),
});
