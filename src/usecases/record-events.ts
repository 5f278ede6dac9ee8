import { EVENT_VERSION } from '../domain/events/catalogue.ts';
import type { AuditEvent, EventBody } from '../domain/events/catalogue.ts';
import { hidePersonal, peopleIn } from '../domain/events/personal.ts';
import type { Ids } from '../lib/ids.ts';
import type { Recorded, StoredEvent } from './ports/audit-store.ts';
import type { PersonKey, PersonKeys } from './ports/person-keys.ts';
import { codeOf } from './store-faults.ts';

/** How often keys are loaded again before it is a fault. */
const MAX_ROUNDS = 5;

/**
 * Writes what happened to the log: gives events their ids and time, encrypts what is personal, and
 * hands the stored text to `write`, which commits it. Where a key was erased or made by another
 * process meanwhile, the commit is refused and tried again with the keys of now.
 */
export type RecordEvents = <Written>(
  bodies: readonly EventBody[],
  at: number,
  write: (recorded: Recorded) => Promise<Written>,
) => Promise<Written>;

/** Records events under the keys of the people whom they name. */
export function createRecordEvents(parts: { ids: Ids; personKeys: PersonKeys }): RecordEvents {
  const { ids, personKeys } = parts;
  return async (bodies, at, write) => {
    const people = [...new Set(bodies.flatMap(peopleIn))].sort();
    for (let round = 1; ; round += 1) {
      const keys = await personKeys.take(people);
      const events = await Promise.all(
        bodies.map((body) => encode(body, { id: ids.next('evt', at), at, keys })),
      );
      const used = keys.map(({ person, pseudonym, encrypted, isNew }) => {
        return { person, pseudonym, encrypted, isNew };
      });
      try {
        return await write({ events, personKeys: used });
      } catch (error) {
        if (round === MAX_ROUNDS || codeOf(error) !== 'person_key_changed') throw error;
        personKeys.forget(people);
      }
    }
  };
}

async function encode(
  body: EventBody,
  { id, at, keys }: { id: string; at: number; keys: readonly PersonKey[] },
): Promise<StoredEvent> {
  const keyOf = (person: string): PersonKey => {
    const key = keys.find((one) => one.person === person);
    if (key === undefined) throw new Error('an event names a person without a key');
    return key;
  };
  const { open, envelopes } = hidePersonal(body, (person) => keyOf(person).pseudonym);
  const personal = await Promise.all(
    envelopes.map(async (envelope) => {
      const key = keyOf(envelope.key);
      return { person: key.pseudonym, sealed: await key.encrypt(JSON.stringify(envelope)) };
    }),
  );
  const { type, requestId } = open;
  const event: AuditEvent = { id, v: EVENT_VERSION, at, ...open, personal };
  return { id, at, type, requestId, body: asciiJson(event) };
}

/** JSON in ASCII: no engine, driver or export changes a byte of it. */
export function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
