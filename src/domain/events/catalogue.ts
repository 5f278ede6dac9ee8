/** What is recorded in the audit log. Documented in docs/reference/events.md. */
export const EVENT_TYPES = [
  'request.submitted',
  'request.decided',
  'request.approved',
  'request.denied',
  'request.cancelled',
  'request.expired',
  'request.rechecked',
  'request.applying',
  'request.held',
  'request.applied',
  'request.failed',
  'request.unknown',
  'decision.refused',
  'submission.refused',
  'identity.mismatch',
  'session.started',
  'session.ended',
  'keys.rotated',
  'card.posted',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** An event before it has an id: what happened, and the facts that prove it. */
export interface DomainEvent {
  readonly type: EventType;
  readonly requestId: string | null;
  /** Key of the principal who did it; null where the house itself did. */
  readonly actor: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event as it is stored: inserted once, never updated. `at` in ms. */
export interface AuditEvent extends DomainEvent {
  readonly id: string;
  readonly at: number;
}
