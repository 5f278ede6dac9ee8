import type { AuditStore, PlacedEvent, StoredEvent } from '../usecases/ports/audit-store.ts';
import type { Notes } from './notes.ts';
import { eventFault, readEvent } from './read-event.ts';

/** Checks that the text is an event in strict JSON and that the index columns equal it. */
export function checkEvent(stored: StoredEvent, index: number | null, notes: Notes): void {
  const event = readEvent(stored);
  if (event === undefined) {
    const why = eventFault(stored);
    notes.error('event_malformed', `the text of event ${stored.id} is no event: ${why}`, index);
    return;
  }
  const columns = ['id', 'at', 'type', 'requestId'] as const;
  const column = columns.find((name) => stored[name] !== event[name]);
  if (column === undefined) return;
  notes.error('column_mismatch', `${column} of event ${stored.id} is not as in its text`, index);
}

/**
 * Checks that each event has a leaf or waits for one, and that its request exists. Returns the number
 * of events that wait.
 */
export async function verifyEvents(
  store: Pick<AuditStore, 'listEvents'>,
  { pageSize, notes }: { pageSize: number; notes: Notes },
): Promise<number> {
  let waiting = 0;
  for (let after = '', more = true; more;) {
    const page = await store.listEvents({ after, limit: pageSize });
    for (const event of page) {
      await checkPlace(event, after, { store, notes });
      if (event.waits && event.index === null) waiting += 1;
      if (event.waiting !== null) checkEvent({ ...event, body: event.waiting }, null, notes);
      after = event.id;
    }
    more = page.length === pageSize;
  }
  return waiting;
}

async function checkPlace(
  seen: PlacedEvent,
  after: string,
  { store, notes }: { store: Pick<AuditStore, 'listEvents'>; notes: Notes },
): Promise<void> {
  if (!isMisplaced(seen)) return;
  // A statement of SQL Server may see one half of a seal: only what stays so is a finding.
  const [event = seen] = await store.listEvents({ after, limit: 1 });
  if (event.id !== seen.id || !isMisplaced(event)) return;
  const { id, index, type, requestId, waits } = event;
  if (index !== null && index < 0) {
    notes.error(
      'event_outside',
      `event ${id} (${type}) has leaf ${index}, which no tree has`,
      index,
    );
  }
  if (index === null && !waits) {
    notes.error('event_outside', `event ${id} (${type}) has no leaf and does not wait for one`);
  } else if (index !== null && waits) {
    notes.error('event_waits_twice', `event ${id} has leaf ${index} and waits for another`, index);
  }
  if (isOrphan(event)) {
    const words = `event ${id} (${type}) is about ${requestId}, which is gone`;
    notes.error('request_missing', words, index);
  }
}

function isMisplaced(event: PlacedEvent): boolean {
  const { waits, index } = event;
  return waits === (index !== null) || (index !== null && index < 0) || isOrphan(event);
}

/** Only these are recorded in the commit of their request: a card may name any id. */
function isOrphan({ type, requestId, hasRequest }: PlacedEvent): boolean {
  return type.startsWith('request.') && requestId !== null && !hasRequest;
}
