import type { AuditEvent } from '../domain/events/catalogue.ts';
import { revealPersonal } from '../domain/events/personal.ts';
import type { Envelope } from '../domain/events/personal.ts';
import { parseStrictObject } from '../lib/strict-json.ts';
import type { StoredEvent } from '../usecases/ports/audit-store.ts';
import type { PersonKeys } from '../usecases/ports/person-keys.ts';
import { leafHash } from './merkle.ts';
import type { Hash } from './merkle.ts';

const MAX_DEPTH = 16;

/** The leaf hash of an event, over the exact stored bytes. */
export function eventLeaf({ body }: Pick<StoredEvent, 'body'>): Hash {
  return leafHash(Buffer.from(body));
}

/**
 * Parses a stored event. Undefined unless it is strict JSON: parsers disagree about a duplicate
 * member, so the event would be ambiguous.
 */
export function readEvent({ body }: Pick<StoredEvent, 'body'>): AuditEvent | undefined {
  return parseStrictObject(Buffer.from(body), MAX_DEPTH) as AuditEvent | undefined;
}

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
