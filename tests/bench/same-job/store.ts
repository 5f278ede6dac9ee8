import { DatabaseSync } from 'node:sqlite';

/** A request that waits for its decision. */
export interface Asked {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
  readonly title: string;
  readonly requester: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** One approval, as it is stored. */
export interface Approval {
  readonly requestId: string;
  readonly digest: string;
  readonly approver: string;
  readonly name: string;
  readonly token: string;
  readonly at: number;
}

const SCHEMA = `
  CREATE TABLE requests (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE decisions (id INTEGER PRIMARY KEY, request_id TEXT NOT NULL,
    approver TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
    UNIQUE (request_id, approver)) STRICT;
  CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL,
    request_id TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE jobs (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, request_id TEXT NOT NULL,
    run_at INTEGER NOT NULL) STRICT;
  CREATE TABLE used_tokens (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT`;

/** Requests and decisions on `node:sqlite`, with one durable transaction for each decision. */
export function openStore(path: string) {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(SCHEMA);
  const statements = {
    ask: database.prepare('INSERT INTO requests (id, version, state, body) VALUES (?, ?, ?, ?)'),
    find: database.prepare('SELECT number, version, state, body FROM requests WHERE id = ?'),
    use: database.prepare('INSERT INTO used_tokens (id, expires_at) VALUES (?, ?)'),
    decide: database.prepare(
      'INSERT INTO decisions (request_id, approver, at, body) VALUES (?, ?, ?, ?)',
    ),
    approve: database.prepare(
      "UPDATE requests SET state = 'approved', version = version + 1 WHERE id = ? AND version = ?",
    ),
    record: database.prepare(
      "INSERT INTO events (at, type, request_id, body) VALUES (?, 'request_approved', ?, ?)",
    ),
    work: database.prepare('INSERT INTO jobs (kind, request_id, run_at) VALUES (?, ?, ?)'),
  };

  function atomically<Value>(work: () => Value): Value {
    database.exec('BEGIN IMMEDIATE');
    try {
      const value = work();
      database.exec('COMMIT');
      return value;
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }

  return {
    add(requests: readonly Asked[]): void {
      atomically(() => {
        for (const { id, version, ...body } of requests) {
          statements.ask.run(id, version, 'pending', JSON.stringify(body));
        }
      });
    },

    /** Approves a pending request whose digest was shown; gives it with its number. */
    approve(given: Approval): Omit<Asked, 'id' | 'version'> & { readonly number: number } {
      const { requestId, digest, approver, at } = given;
      return atomically(() => {
        const row = statements.find.get(requestId) as
          { number: number; version: number; state: string; body: string } | undefined;
        if (row?.state !== 'pending') throw new Error('the request is not pending');
        const asked = JSON.parse(row.body) as Omit<Asked, 'id' | 'version'>;
        if (asked.digest !== digest) throw new Error('something else was shown');
        statements.use.run(given.token, at + 86_400_000);
        statements.decide.run(requestId, approver, at, JSON.stringify(given));
        if (statements.approve.run(requestId, row.version).changes !== 1) {
          throw new Error('somebody else was faster');
        }
        statements.record.run(at, requestId, JSON.stringify(given));
        statements.work.run('card', requestId, at);
        statements.work.run('execute', requestId, at);
        return { ...asked, number: row.number };
      });
    },

    close: () => database.close(),
  };
}
