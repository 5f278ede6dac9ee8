import { eventRecorder } from '../compose/event-recorder.ts';
import { createKeys } from '../keys/keys.ts';
import { systemClock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import { defineCommand } from './command.ts';
import type { CommandIo } from './command.ts';
import { onConfiguredStore } from './open-configured.ts';
import { configOption, jsonOption } from './options.ts';

/**
 * `countersign keys rotate`: makes a new key for stored secrets (refresh tokens, parked sign-ins).
 * Older keys still decrypt. The service encrypts each secret anew when it is used, or within
 * minutes in its maintenance.
 */
export const keysRotate = defineCommand({
  options: (command) => command.addOption(configOption).addOption(jsonOption),
  run: ({ options, io }) => rotate(options, io),
});

function rotate(options: { config?: string; json?: true }, io: CommandIo): Promise<number> {
  return onConfiguredStore(options.config, io, async ({ store, config }) => {
    const { secret } = config.signing;
    const keys = await createKeys({ store, secret, clock: systemClock });
    const before = keys.encryptionKey('stored-secrets');
    const key = await keys.rotate('stored-secrets', store);
    const now = systemClock.now();
    const data = { purpose: 'stored-secrets', before, key };
    const event = { type: 'keys.rotated', requestId: null, actor: null, data } as const;
    await eventRecorder({ store, keys, ids: systemIds })([event], now, (recorded) =>
      store.commit({ id: systemIds.next('chg', now), at: now, ...recorded }),
    );
    io.stdout(options.json ? `${JSON.stringify({ key })}\n` : `The key is now ${key}.\n`);
  });
}
