import type { AuditEvent } from '../domain/events/catalogue.ts';
import { revealPersonal } from '../domain/events/personal.ts';
import type { Envelope } from '../domain/events/personal.ts';
import type { PersonKeys } from '../usecases/ports/person-keys.ts';

/** Decrypted events, and the people in them. */
export interface OpenedEvents {
  readonly events: readonly AuditEvent[];
  /** By pseudonym. An erased person is missing. */
  readonly people: ReadonlyMap<string, Pick<Envelope, 'key' | 'name'>>;
}

/**
 * Decrypts the envelopes of events with the existing keys.
 *
 * @throws KeysError if an envelope is not encrypted with the key of its person.
 */
export async function openEvents(
  personKeys: Pick<PersonKeys, 'find'>,
  sealed: readonly AuditEvent[],
): Promise<OpenedEvents> {
  const pseudonyms = sealed.flatMap(({ personal }) => personal.map(({ person }) => person));
  const keys = await personKeys.find([...new Set(pseudonyms)]);
  const people = new Map<string, Pick<Envelope, 'key' | 'name'>>();
  const events: AuditEvent[] = [];
  for (const event of sealed) {
    const opened = new Map<string, Envelope>();
    for (const { person, sealed: encrypted } of event.personal) {
      const key = keys.find(({ pseudonym }) => pseudonym === person);
      if (key) opened.set(person, JSON.parse(await key.decrypt(encrypted)) as Envelope);
    }
    for (const [person, { key, name }] of opened) {
      const known = name ?? people.get(person)?.name;
      people.set(person, known === undefined ? { key } : { key, name: known });
    }
    events.push(revealPersonal(event, opened));
  }
  return { events, people };
}
