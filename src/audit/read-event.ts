import type { AuditEvent } from '../domain/events/catalogue.ts';
import { parseStrictObject } from '../lib/strict-json.ts';
import type { StoredEvent } from '../usecases/ports/audit-store.ts';
import { leafHash } from './merkle.ts';
import type { Hash } from './merkle.ts';

const MAX_DEPTH = 16;

/** The hash of an event's leaf: over the stored text, byte by byte. */
export function eventLeaf({ body }: Pick<StoredEvent, 'body'>): Hash {
  return leafHash(Buffer.from(body));
}

/**
 * The event that the stored text holds. Undefined where it is no strict JSON: a member that stands
 * twice would read as one event here and as another one elsewhere.
 */
export function readEvent({ body }: Pick<StoredEvent, 'body'>): AuditEvent | undefined {
  return parseStrictObject(Buffer.from(body), MAX_DEPTH) as AuditEvent | undefined;
}

/** The first column that differs from the stored text, which alone is hashed. */
export function differingColumn(
  stored: StoredEvent,
  event: AuditEvent,
): 'id' | 'at' | 'type' | 'requestId' | undefined {
  return (['id', 'at', 'type', 'requestId'] as const).find((name) => stored[name] !== event[name]);
}
