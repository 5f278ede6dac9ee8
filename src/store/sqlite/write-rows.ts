import type { Recorded } from '../../usecases/ports/audit-store.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { Conversation, SeenPerson } from '../../usecases/ports/card-store.ts';
import type { NewJob } from '../../usecases/ports/job-store.ts';
import { personKeyChanged } from '../person-key-changed.ts';
import { INSERT_EVENT, INSERT_PENDING } from './queries/audit.ts';
import { UPSERT_CARD, UPSERT_CONVERSATION } from './queries/cards.ts';
import { UPSERT_JOB } from './queries/jobs.ts';
import { FORGET_ROLES, UPSERT_PERSON, UPSERT_ROLES } from './queries/people.ts';
import { HAS_PERSON_KEY, INSERT_PERSON_KEY } from './queries/person-keys.ts';
import type { Connection } from './connection.ts';

/**
 * Inserts events, and marks them as unsealed.
 *
 * @throws StoreError `person_key_changed`.
 */
export function recordEvents(connection: Connection, { events, personKeys }: Recorded): void {
  for (const { person, pseudonym, encrypted, isNew } of personKeys) {
    const kept = isNew
      ? connection.run(INSERT_PERSON_KEY, { person, pseudonym, encrypted }) > 0
      : connection.get(HAS_PERSON_KEY, { person, pseudonym }) !== undefined;
    if (!kept) throw personKeyChanged();
  }
  for (const { id, at, type, requestId, body } of events) {
    connection.run(INSERT_EVENT, { id, at, type, requestId, body });
    connection.run(INSERT_PENDING, { id });
  }
}

/** Inserts a job. If the key exists, moves or revives that job. */
export function addJob(connection: Connection, job: NewJob): void {
  const { key, kind, about, runAt, when, priority } = job;
  const row = { key, kind, aboutType: about.type, aboutId: about.id, runAt, when, priority };
  connection.run(UPSERT_JOB, row);
}

/** Inserts or updates a card. */
export function putCard(connection: Connection, card: Card): void {
  connection.run(UPSERT_CARD, {
    id: card.id,
    requestId: card.requestId,
    state: card.state,
    channel: card.channel,
    conversationId: card.conversationId,
    serviceUrl: card.serviceUrl,
    activityId: card.activityId,
    postedRevision: card.postedRevision,
  });
}

/** Inserts or updates a conversation. An older value changes nothing. */
export function putConversation(connection: Connection, conversation: Conversation): void {
  const { key, tenantId, conversationId, serviceUrl, userId, updatedAt } = conversation;
  connection.run(UPSERT_CONVERSATION, {
    key,
    tenantId,
    conversationId,
    serviceUrl,
    userId,
    updatedAt,
  });
}

/** Inserts or updates a person with their roles. An older value changes nothing. */
export function seePerson(connection: Connection, person: SeenPerson): void {
  const { key, tenantId, objectId, userId, name, seenAt } = person;
  const roles = JSON.stringify(person.roles);
  const claims = JSON.stringify(person.claims);
  const row = { key, tenantId, objectId, userId, name, roles, claims, seenAt };
  if (connection.run(UPSERT_PERSON, row) === 0) return;
  connection.run(FORGET_ROLES, { key, roles });
  connection.run(UPSERT_ROLES, { key, roles, seenAt });
}
