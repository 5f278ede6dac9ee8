import { readEvent } from '../../src/audit/read-event.ts';
import type { AuditEvent } from '../../src/domain/events/catalogue.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemIds } from '../../src/lib/ids.ts';
import type { Recorded, StoredEvent } from '../../src/usecases/ports/audit-store.ts';

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
    ...given,
  };
  const { id, at, type, requestId } = event;
  return { id, at, type, requestId, body: JSON.stringify(event) };
}

/** What a commit records: one event. */
export function recorded(given: Partial<AuditEvent> = {}): Recorded {
  return { events: [storedEvent(given)] };
}

/** The events of stored rows, as readers of the log see them. */
export function eventsIn(stored: readonly StoredEvent[]): readonly AuditEvent[] {
  return stored.map((one) => {
    const event = readEvent(one);
    if (event === undefined) throw new Error(`event ${one.id} is no strict JSON`);
    return event;
  });
}
