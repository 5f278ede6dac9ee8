import type { Recorded } from '../../usecases/ports/audit-store.ts';
import type { SeenPerson } from '../../usecases/ports/card-store.ts';
import type { NewJob } from '../../usecases/ports/job-store.ts';
import type { ReaderRow } from '../rows.ts';
import { personKeyChanged } from '../person-key-changed.ts';
import { INSERT_EVENT, INSERT_PENDING } from './queries/audit.ts';
import { UPSERT_JOB } from './queries/jobs.ts';
import { FORGET_ROLES, UPSERT_PERSON, UPSERT_ROLES } from './queries/people.ts';
import { HAS_PERSON_KEY, INSERT_PERSON_KEY } from './queries/person-keys.ts';
import { END_READER, INSERT_READER } from './queries/readers.ts';
import type { Connection } from './connection.ts';

/**
 * Inserts events, and marks them as unsealed.
 *
 * @throws StoreError `person_key_changed`.
 */
export function recordEvents(connection: Connection, { events, personKeys }: Recorded): void {
  for (const { isNew, ...key } of personKeys) {
    const kept = isNew
      ? connection.run(INSERT_PERSON_KEY, key) > 0
      : connection.get(HAS_PERSON_KEY, key) !== undefined;
    if (!kept) throw personKeyChanged();
  }
  for (const event of events) {
    connection.run(INSERT_EVENT, { ...event });
    connection.run(INSERT_PENDING, { id: event.id });
  }
}

/** Adds rows to the index of readers; those of an ended request replace its open ones. */
export function addReaders(
  connection: Connection,
  rows: readonly ReaderRow[],
  number: number,
): void {
  for (const row of rows) {
    if (row.isOpen === 0) connection.run(END_READER, { ...row, number });
    connection.run(INSERT_READER, { ...row, number });
  }
}

/** Inserts a job. If the key exists, moves or revives that job. */
export function addJob(connection: Connection, { about, body = null, ...job }: NewJob): void {
  connection.run(UPSERT_JOB, { ...job, aboutType: about.type, aboutId: about.id, body });
}

/** Inserts or updates a person with their roles. An older value changes nothing. */
export function seePerson(connection: Connection, person: SeenPerson): void {
  const roles = JSON.stringify(person.roles);
  const row = { ...person, roles, claims: JSON.stringify(person.claims) };
  if (connection.run(UPSERT_PERSON, row) === 0) return;
  connection.run(FORGET_ROLES, row);
  connection.run(UPSERT_ROLES, row);
}
