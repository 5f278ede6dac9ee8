import type { Request } from '../../domain/request/request.ts';
import type { Erasure, ErasureStore } from '../../usecases/ports/erasure-store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { decisionColumns, readerRows, requestColumns, requestFrom } from '../rows.ts';
import type { RequestRow } from '../rows.ts';
import {
  ANY_PERSON_KEY,
  CLEAR_JOB_ERRORS,
  DELETE_CHAT_CARDS,
  DELETE_CONVERSATIONS,
  DELETE_LINKS,
  DELETE_REPLIES,
  DELETE_PEOPLE,
  DELETE_PERSON_KEYS,
  DELETE_REPEATS,
  DELETE_ROLES,
  DELETE_SESSIONS,
  OVERWRITE_DECISION,
  OVERWRITE_REQUEST,
} from './queries/erasure.ts';
import { DELETE_READERS } from './queries/readers.ts';
import { ANY_NAMING, CHECK_VERSION, FIND_NAMING } from './queries/requests.ts';
import type { Connection } from './connection.ts';
import { addReaders, recordEvents } from './write-rows.ts';

/** On the writer's thread: every request is read, and clicks must not wait for that. */
export function findNaming(
  connection: Connection,
  { names, states, limit }: Parameters<ErasureStore['findNaming']>[0],
): readonly Request[] {
  const lists = { names: JSON.stringify(names), states: JSON.stringify(states) };
  return (connection.all(FIND_NAMING, { ...lists, limit }) as RequestRow[]).map(requestFrom);
}

/** Destroys a person's keys and deletes their data. Call `emptyLog` after the commit. */
export function erase(
  connection: Connection,
  erasure: Erasure,
): { readonly status: 'committed' | 'conflict' } {
  const { requests, last } = erasure;
  const names = JSON.stringify(erasure.names);
  const pseudonyms = JSON.stringify(erasure.pseudonyms);
  const states = JSON.stringify(erasure.without);
  const destroyed = connection.run(DELETE_PERSON_KEYS, { pseudonyms });
  if (destroyed !== erasure.pseudonyms.length || connection.get(ANY_PERSON_KEY, { names })) {
    return { status: 'conflict' };
  }
  for (const overwritten of requests) {
    if (!overwrite(connection, overwritten)) return { status: 'conflict' };
  }
  connection.run(DELETE_READERS, { ids: idsOf(requests) });
  for (const { request } of requests) {
    const { id: requestId, version } = request;
    const { number } = connection.get(CHECK_VERSION, { requestId, version }) as { number: number };
    addReaders(connection, readerRows(request), number);
  }
  if (connection.get(ANY_NAMING, { names, states })) return { status: 'conflict' };
  const ids = idsOf(requests);
  connection.run(CLEAR_JOB_ERRORS, { ids });
  connection.run(DELETE_REPEATS, { ids: idsOf(requests.filter(({ asked }) => asked)) });
  connection.run(DELETE_CHAT_CARDS, { ids, names });
  for (const sql of last ? DELETE_ROWS : []) connection.run(sql, { names });
  recordEvents(connection, erasure);
  return { status: 'committed' };
}

const DELETE_ROWS = [
  DELETE_ROLES,
  DELETE_PEOPLE,
  DELETE_CONVERSATIONS,
  DELETE_SESSIONS,
  DELETE_LINKS,
  DELETE_REPLIES,
];

function idsOf(requests: Erasure['requests']): string {
  return JSON.stringify(requests.map(({ request }) => request.id));
}

function overwrite(
  connection: Connection,
  { request, seen }: Erasure['requests'][number],
): boolean {
  if (connection.run(OVERWRITE_REQUEST, { ...requestColumns(request), seen }) === 0) return false;
  for (const decision of request.decisions) {
    connection.run(OVERWRITE_DECISION, decisionColumns(decision));
  }
  return true;
}

/**
 * Checkpoints and truncates the WAL, because its older pages contain the overwritten data
 * (sqlite.org/pragma.html#pragma_wal_checkpoint).
 *
 * @throws StoreError `erasure_unfinished` if another process reads an older snapshot.
 */
export function emptyLog(connection: Connection): void {
  const { busy } = connection.get('PRAGMA wal_checkpoint(TRUNCATE)') as { busy: number };
  if (busy === 0) return;
  throw new StoreError(
    'erasure_unfinished',
    'The data is deleted from the tables but still in the write-ahead log, because another ' +
      'process reads an older state of the file: end it, and erase the same person again.',
  );
}
