import type { AuditEvent } from '../domain/events/catalogue.ts';
import { revealPersonal } from '../domain/events/personal.ts';
import type { Envelope } from '../domain/events/personal.ts';
import { scanJson } from '../lib/scan-json.ts';
import { isJsonObject, parseStrictObject } from '../lib/strict-json.ts';
import type { JsonObject } from '../lib/strict-json.ts';
import type { StoredEvent } from '../usecases/ports/audit-store.ts';
import type { PersonKey, PersonKeys } from '../usecases/ports/person-keys.ts';
import { leafHash } from './merkle.ts';
import type { Hash } from './merkle.ts';

const MAX_DEPTH = 16;

/** The leaf hash of an event, over the exact stored bytes. */
export function eventLeaf({ body }: Pick<StoredEvent, 'body'>): Hash {
  return leafHash(Buffer.from(body));
}

/**
 * Parses a stored event. Undefined unless it is strict JSON, because parsers disagree about a
 * duplicate member, and has the members of an event.
 */
export function readEvent({ body }: Pick<StoredEvent, 'body'>): AuditEvent | undefined {
  const event = parseStrictObject(Buffer.from(body), MAX_DEPTH);
  return event !== undefined && isEvent(event) ? (event as unknown as AuditEvent) : undefined;
}

/** Why `readEvent` rejects a stored event, in words. */
export function eventFault({ body }: Pick<StoredEvent, 'body'>): string {
  return scanJson(body, MAX_DEPTH)?.detail ?? 'It does not have the members of an event.';
}

function isEvent({ id, at, type, data, personal, actor }: JsonObject): boolean {
  return (
    typeof id === 'string' &&
    Number.isSafeInteger(at) &&
    typeof type === 'string' &&
    isJsonObject(data) &&
    (actor === null || typeof actor === 'string') &&
    Array.isArray(personal) &&
    personal.every(
      (one: unknown) =>
        isJsonObject(one) && typeof one['person'] === 'string' && typeof one['sealed'] === 'string',
    )
  );
}

/** Decrypted events, and the people in them. */
export interface OpenedEvents {
  readonly events: readonly AuditEvent[];
  /** By pseudonym. An erased person is missing. */
  readonly people: ReadonlyMap<string, Pick<Envelope, 'key' | 'name'>>;
  /** Ids of events with an envelope that its person's key does not open: it was exchanged. */
  readonly exchanged: readonly string[];
}

/**
 * Decrypts the envelopes of events with the existing keys. An envelope that its key does not open
 * stays closed, and `exchanged` names its event.
 */
export async function openEvents(
  personKeys: Pick<PersonKeys, 'find'>,
  sealed: readonly AuditEvent[],
): Promise<OpenedEvents> {
  const pseudonyms = sealed.flatMap(({ personal }) => personal.map(({ person }) => person));
  const keys = await personKeys.find([...new Set(pseudonyms)]);
  const people = new Map<string, Pick<Envelope, 'key' | 'name'>>(
    keys.map(({ pseudonym, person }) => [pseudonym, { key: person }]),
  );
  const events: AuditEvent[] = [];
  const exchanged: string[] = [];
  for (const event of sealed) {
    const opened = new Map<string, Envelope>();
    for (const { person, sealed: encrypted } of event.personal) {
      const key = keys.find(({ pseudonym }) => pseudonym === person);
      const envelope = key && (await openEnvelope(key, encrypted));
      if (envelope) opened.set(person, envelope);
      else if (key) exchanged.push(event.id);
    }
    for (const [person, { key, name }] of opened) {
      const known = name ?? people.get(person)?.name;
      people.set(person, known === undefined ? { key } : { key, name: known });
    }
    events.push(revealPersonal(event, opened));
  }
  return { events, people, exchanged: [...new Set(exchanged)] };
}

/** Undefined unless this key opens it and it names the key's person. */
async function openEnvelope(key: PersonKey, encrypted: string): Promise<Envelope | undefined> {
  try {
    const envelope = JSON.parse(await key.decrypt(encrypted)) as Envelope;
    return envelope.key === key.person ? envelope : undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
