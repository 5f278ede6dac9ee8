import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { directoryName } from '../domain/people/principal.ts';
import { systemClock } from '../lib/clock.ts';
import type { WhichSessions } from '../usecases/ports/session-store.ts';
import { defineCommand, EXIT, UsageError } from './command.ts';
import { onConfiguredStore } from './on-configured-store.ts';
import { configOption, jsonOption } from './options.ts';

/**
 * `countersign session revoke`: ends sessions in the store, with an event in the same commit. It
 * takes effect at the next click, as every replica reads the session from the store then.
 */
export const sessionRevoke = defineCommand({
  options: (command) =>
    command
      .option(
        '--person <person>',
        'an object id, TENANT/OBJECT_ID, or the key of a principal',
        toSelection,
      )
      .addOption(new Option('--all', 'end the sessions of everybody').conflicts('person'))
      .addOption(configOption)
      .addOption(jsonOption),
  async run({ options, io }) {
    const { person, all, json } = options;
    const which: WhichSessions | undefined = all ? { kind: 'all' } : person;
    if (which === undefined) throw new UsageError('--person or --all is required.');
    const now = systemClock.now();
    const data = { reason: 'revoked', which: { ...which, ...personOf(which) } } as const;
    const event = { type: 'session.ended', requestId: null, actor: null, data } as const;
    return onConfiguredStore(options, io, async ({ store, record }) => {
      const ended = await record([event], now, (recorded) =>
        store.endSessions({ which, recorded, always: true }),
      );
      if (json) io.stdout(`${JSON.stringify({ ended })}\n`);
      else if (ended > 0) {
        io.stdout(ended === 1 ? 'Ended 1 session.\n' : `Ended ${ended} sessions.\n`);
      } else if (all) io.stdout('Nobody has a session.\n');
      else io.stderr('Nobody with this id has a session: check --person.\n');
      // A mistyped id must not look like a session that was ended.
      return ended > 0 || all ? EXIT.done : EXIT.failed;
    });
  },
});

/** What the event calls the person; without a tenant nobody knows which directory. */
function personOf(which: WhichSessions): { key?: string } {
  if (which.kind !== 'person') return {};
  const { tenantId = '', objectId } = which;
  return { key: directoryName({ tenant: tenantId, objectId }) };
}

function toSelection(person: string): WhichSessions {
  const text = person.trim();
  // The key of a principal has bars; ids of people and tenants are GUIDs in lower case.
  if (text.includes('|')) return { kind: 'principal', key: text };
  const [first = '', second, ...more] = text.toLowerCase().split('/');
  const ids = second === undefined ? [first] : [first, second];
  if (more.length > 0 || ids.some((id) => !/^[0-9a-z][0-9a-z-]{0,98}$/.test(id))) {
    throw new InvalidArgumentError("Give an object id, TENANT/OBJECT_ID, or a principal's key.");
  }
  return second === undefined
    ? { kind: 'person', objectId: first }
    : { kind: 'person', tenantId: first, objectId: second };
}
