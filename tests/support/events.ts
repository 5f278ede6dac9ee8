import { openEvents, readEvent } from '../../src/audit/read-event.ts';
import type { AuditEvent } from '../../src/domain/events/catalogue.ts';
import { createCipher, deriveKey } from '../../src/keys/cipher.ts';
import { createPersonKeys } from '../../src/keys/person-keys.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemIds } from '../../src/lib/ids.ts';
import type { Recorded, StoredEvent } from '../../src/usecases/ports/audit-store.ts';
import type { PersonKeys, PersonKeyStore } from '../../src/usecases/ports/person-keys.ts';
import { asciiJson, createRecordEvents } from '../../src/usecases/record-events.ts';
import type { RecordEvents } from '../../src/usecases/record-events.ts';

/** Keys of people, under a service key that all tests share. */
export function personKeysIn(store: PersonKeyStore): PersonKeys {
  const wrapper = createCipher(deriveKey('a secret of the tests, long enough', 'wrap'));
  return createPersonKeys({ store, wrapper, ids: systemIds });
}

/** Records events as the service does. */
export function recorderIn(store: PersonKeyStore): RecordEvents {
  return createRecordEvents({ ids: systemIds, personKeys: personKeysIn(store) });
}

/** What the log says to somebody who has the keys: personal values stand where they belong. */
export async function openedEvents(
  store: PersonKeyStore,
  stored: readonly StoredEvent[],
  keys = personKeysIn(store),
): Promise<readonly AuditEvent[]> {
  return (await openEvents(keys, eventsIn(stored))).events;
}

/** A stored event. */
export function storedEvent(given: Partial<AuditEvent> = {}): StoredEvent {
  const event: AuditEvent = {
    id: systemIds.next('evt', systemClock.now()),
    v: 1,
    at: 0,
    type: 'request.submitted',
    requestId: null,
    actor: null,
    data: {},
    personal: [],
    ...given,
  };
  const { id, at, type, requestId } = event;
  return { id, at, type, requestId, body: asciiJson(event) };
}

/** What a commit records: one event. */
export function recorded(given: Partial<AuditEvent> = {}): Recorded {
  return { events: [storedEvent(given)], personKeys: [] };
}

/** The events of stored rows, as readers of the log see them. */
export function eventsIn(stored: readonly StoredEvent[]): readonly AuditEvent[] {
  return stored.map((one) => {
    const event = readEvent(one);
    if (event === undefined) throw new Error(`event ${one.id} is no strict JSON`);
    return event;
  });
}
