import { readerOver } from '../reader.ts';
import type { Reader, Values } from '../reader.ts';
import { storedOnceKey } from './encode-change.ts';
import * as audit from './queries/audit.ts';
import * as cards from './queries/cards.ts';
import * as changes from './queries/changes.ts';
import * as housekeeping from './queries/housekeeping.ts';
import * as jobs from './queries/jobs.ts';
import * as keys from './queries/keys.ts';
import * as leases from './queries/leases.ts';
import * as people from './queries/people.ts';
import * as personKeys from './queries/person-keys.ts';
import * as requests from './queries/requests.ts';
import * as sessions from './queries/sessions.ts';
import { encodeRows } from './query.ts';
import type { Query } from './query.ts';
import type { Pool } from './pool.ts';

const queries = {
  ...audit,
  ...cards,
  ...changes,
  ...housekeeping,
  ...jobs,
  ...keys,
  ...leases,
  ...people,
  ...personKeys,
  ...requests,
  ...sessions,
};

/** Creates the reading methods. Each is one round trip. */
export function createReader(pool: Pool): Reader {
  return readerOver<Query>({
    queries,
    all: async <Row>(query: Query, values: Values) =>
      (await pool.all(query, values, { repeat: 'twice' })) as unknown as readonly Row[],
    list: encodeRows,
    onceKey: storedOnceKey,
  });
}
