import type { AuditEvent } from '../domain/events/catalogue.ts';
import { parseStrictObject } from '../lib/strict-json.ts';
import type { StoredEvent } from '../usecases/ports/audit-store.ts';
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
