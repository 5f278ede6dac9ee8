import type { AuditEvent, EventBody, EventType } from './catalogue.ts';

/** The personal values of one person in one event, by their paths in `data`. */
export interface Envelope {
  readonly key: string;
  readonly name?: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Where personal values stand in an event's data. `*` is each member of a list. */
interface PersonalPaths {
  /** Keys of people: a pseudonym stands in their place. */
  readonly keys: readonly string[];
  /**
   * Values that only an envelope holds, each with whose it is: `actor`, `requester` (of the request),
   * or the path of a key.
   */
  readonly values: Readonly<Record<string, string>>;
}

const token = (owner: string, at = '') =>
  ownedBy(owner, [`${at}token.subject`, `${at}token.tokenId`, `${at}token.digest`]);
const origin = (owner: string, at = 'origin.') =>
  ownedBy(owner, [`${at}objectId`, `${at}activityId`, `${at}conversationId`, `${at}exchangeId`]);

const OUTCOME: PersonalPaths = {
  keys: ['recheck.people.*.key', 'outcome.params.personKey'],
  values: {
    'outcome.params.person': 'outcome.params.personKey',
    'outcome.params.value': 'requester',
    'outcome.params.said': 'requester',
  },
};
const NOTHING: PersonalPaths = { keys: [], values: {} };

/** Which values of each event are personal. Documented in docs/reference/events.md. */
export const PERSONAL: Readonly<Record<EventType, PersonalPaths>> = {
  'request.submitted': {
    keys: ['requester', 'beneficiary', 'requesterLinkedIdentities.*'],
    values: {
      reason: 'requester',
      personalFields: 'requester',
      'plan.stages.*.seats.*.where.value': 'requester',
      'plan.stages.*.anyOf.*.*.where.value': 'requester',
      ...token('actor'),
      ...origin('actor'),
    },
  },
  'request.decided': {
    keys: [],
    values: { reason: 'actor', ...token('actor', 'evidence.'), ...origin('actor', 'evidence.') },
  },
  'request.approved': NOTHING,
  'request.denied': { keys: [], values: { 'outcome.params.by': 'actor' } },
  'request.cancelled': { keys: [], values: token('actor') },
  'request.expired': NOTHING,
  'request.rechecked': { keys: ['recheck.people.*.key'], values: {} },
  'request.applying': { keys: ['recheck.people.*.key'], values: {} },
  'request.held': OUTCOME,
  'request.applied': OUTCOME,
  'request.failed': OUTCOME,
  'request.unknown': OUTCOME,
  'decision.refused': {
    keys: [],
    values: { stage: 'actor', ...token('actor'), ...origin('actor') },
  },
  'submission.refused': { keys: [], values: { workflow: 'actor', ...token('actor') } },
  'identity.mismatch': {
    keys: ['sender.key', 'signedInAs'],
    values: ownedBy('sender.key', ['sender.objectId', 'sender.userId', 'sender.name']),
  },
  'session.started': { keys: [], values: token('actor') },
  'session.ended': {
    keys: ['principal', 'which.key'],
    values: { objectId: 'principal', 'which.objectId': 'which.key' },
  },
  'person.erased': { keys: [], values: { reason: 'actor', ...token('actor') } },
  'job.retried': { keys: [], values: token('actor') },
  'job.dropped': { keys: [], values: token('actor') },
  'audit.accepted': NOTHING,
  'keys.rotated': NOTHING,
  'card.posted': NOTHING,
};

/** Keys of everybody whom an event names. */
export function peopleIn(body: EventBody): readonly string[] {
  const { keys, values } = PERSONAL[body.type];
  const found = new Set(body.actor === null ? [] : [body.actor.key]);
  for (const path of keys) {
    for (const { value } of find(body.data, path)) if (typeof value === 'string') found.add(value);
  }
  for (const [path, owner] of Object.entries(values)) {
    if (find(body.data, path).length > 0) found.add(ownerOf(body, owner));
  }
  return [...found];
}

/** An event as it is recorded but for its id and time, and the envelopes that are to be encrypted. */
export function hidePersonal(
  body: EventBody,
  pseudonymOf: (person: string) => string,
): {
  readonly open: Pick<AuditEvent, 'type' | 'requestId' | 'actor' | 'data'>;
  readonly envelopes: readonly Envelope[];
} {
  const { keys, values } = PERSONAL[body.type];
  const { type, requestId, actor } = body;
  // A copy as it is stored; structuredClone takes longer, 0.03 ms of a decision.
  const data = JSON.parse(JSON.stringify(body.data)) as Record<string, unknown>;
  const hidden = new Map(peopleIn(body).map((key) => [key, {} as Record<string, unknown>]));
  for (const [path, owner] of Object.entries(values)) {
    for (const { at, value } of find(data, path)) {
      const whose = hidden.get(ownerOf(body, owner));
      if (whose) whose[at] = value;
      put(data, at, undefined);
    }
  }
  for (const path of keys) {
    for (const { at, value } of find(data, path)) put(data, at, pseudonymOf(String(value)));
  }
  return {
    open: { type, requestId, actor: actor && pseudonymOf(actor.key), data },
    envelopes: [...hidden].map(([key, own]) => {
      const name = actor?.key === key ? actor.name : undefined;
      return { key, ...(name === undefined ? {} : { name }), values: own };
    }),
  };
}

/** The event with the values of those envelopes that could be opened, by pseudonym. */
export function revealPersonal(
  event: AuditEvent,
  opened: ReadonlyMap<string, Envelope>,
): AuditEvent {
  const data = structuredClone(event.data);
  const keyOf = (pseudonym: unknown) =>
    (typeof pseudonym === 'string' && opened.get(pseudonym)?.key) || pseudonym;
  // A newer version may have recorded a type that this one does not know.
  const { keys } = Object.hasOwn(PERSONAL, event.type) ? PERSONAL[event.type] : NOTHING;
  for (const path of keys) {
    for (const { at, value } of find(data, path)) put(data, at, keyOf(value));
  }
  for (const { values } of opened.values()) {
    for (const [at, value] of Object.entries(values)) put(data, at, value);
  }
  const actor = keyOf(event.actor) as string | null;
  return { ...event, actor, data };
}

function ownedBy(owner: string, paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(paths.map((path) => [path, owner]));
}

/** The key of whose a value is. */
function ownerOf(body: EventBody, owner: string): string {
  if (owner === 'actor' && body.actor !== null) return body.actor.key;
  if (owner === 'requester' && body.requester !== undefined) return body.requester;
  const [key] = find(body.data, owner);
  if (typeof key?.value === 'string') return key.value;
  throw new Error(`${body.type}: nobody is named at ${owner}, whose value is to be recorded`);
}

interface Found {
  /** The path, its `*` replaced by indexes. */
  readonly at: string;
  readonly value: unknown;
}

/** The values at a path that are there; null counts as not there. */
function find(data: unknown, path: string): readonly Found[] {
  let found: readonly Found[] = [{ at: '', value: data }];
  for (const name of path.split('.')) {
    found = found.flatMap(({ at, value }) => {
      if (typeof value !== 'object' || value === null) return [];
      const inner = value as Readonly<Record<string, unknown>>;
      const names = name !== '*' ? [name] : Array.isArray(value) ? Object.keys(value) : [];
      return names.map((key) => ({ at: at === '' ? key : `${at}.${key}`, value: inner[key] }));
    });
  }
  return found.filter(({ value }) => value !== null && value !== undefined);
}

/** Puts a value at a path whose parents are there; undefined takes it away. */
function put(data: unknown, at: string, value: unknown): void {
  const names = at.split('.');
  const last = names.pop() ?? '';
  let inner = data;
  for (const name of names) inner = (inner as Record<string, unknown> | undefined)?.[name];
  if (typeof inner !== 'object' || inner === null) return;
  if (value === undefined) delete (inner as Record<string, unknown>)[last];
  else (inner as Record<string, unknown>)[last] = value;
}
