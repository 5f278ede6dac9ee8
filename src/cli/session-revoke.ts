import type { AuditEvent } from '../domain/events/catalogue.ts';
import { systemClock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import type { WhichSessions } from '../usecases/ports/store.ts';
import { UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { onConfiguredStore } from './open-configured.ts';
import { parseOptions } from './options.ts';

const OPTIONS = {
  config: { type: 'string' },
  person: { type: 'string' },
  all: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/**
 * `countersign session revoke (--person PERSON | --all)`: ends sessions in the store of the
 * configuration, with an event in the same commit. Every replica looks there at every click.
 */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseOptions(args, OPTIONS, 0);
  const which = meant(values);
  const now = systemClock.now();
  const event: AuditEvent = {
    id: systemIds.next('evt', now),
    at: now,
    type: 'session.ended',
    requestId: null,
    actor: null,
    data: { reason: 'revoked', which },
  };
  return onConfiguredStore(values.config, io, async ({ store }) => {
    const ended = await store.endSessions({ which, event, always: true });
    if (values.json) io.stdout(`${JSON.stringify({ ended })}\n`);
    else io.stdout(ended === 1 ? 'Ended 1 session.\n' : `Ended ${ended} sessions.\n`);
  });
}

/** Whose sessions are meant. @throws UsageError. */
function meant({ person, all }: { person?: string; all: boolean }): WhichSessions {
  if (all === (person !== undefined)) throw new UsageError('Give either --person or --all.');
  if (person === undefined) return { kind: 'all' };
  const text = person.trim();
  // A principal's key is parted by bars; ids of people and tenants are GUIDs in lower case.
  if (text.includes('|')) return { kind: 'principal', key: text };
  const [first = '', second, ...more] = text.toLowerCase().split('/');
  const ids = second === undefined ? [first] : [first, second];
  if (more.length > 0 || ids.some((id) => !/^[0-9a-z][0-9a-z-]{0,98}$/.test(id))) {
    throw new UsageError("--person takes an object id, TENANT/OBJECT_ID, or a principal's key.");
  }
  return second === undefined
    ? { kind: 'person', objectId: first }
    : { kind: 'person', tenantId: first, objectId: second };
}
