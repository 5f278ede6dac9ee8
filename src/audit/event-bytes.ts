import type { AuditEvent } from '../domain/events/catalogue.ts';
import { canonicalJson } from '../lib/canonical-json.ts';

/**
 * The bytes of an audit event that its leaf hash is over: canonical JSON (RFC 8785) in UTF-8 with
 * a type tag, of the event's own members only, so that what a store adds changes nothing. Text
 * with a lone surrogate has no canonical form; U+FFFD stands for it, as one such text must not
 * keep the rest of the log from being sealed.
 *
 * @throws TypeError where the event's data has no JSON form or is nested deeper than 60 levels.
 */
export function eventBytes(event: AuditEvent): Uint8Array {
  const { id, at, type, requestId, actor, data } = event;
  const tagged = {
    type: 'countersign.audit-event.v1',
    event: { id, at, type, requestId, actor, data: wellFormed(data) },
  };
  return Buffer.from(canonicalJson(tagged));
}

function wellFormed(data: AuditEvent['data']): unknown {
  const text = JSON.stringify(data);
  // JSON writes lone surrogates, and nothing else of this kind, as \ud800 to \udfff.
  if (!/\\ud[89a-f]/.test(text)) return data;
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
}
