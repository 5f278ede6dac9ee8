import { DatabaseSync } from 'node:sqlite';
import { encodeHash, createFrontier } from '../../../src/audit/merkle.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { peaksText } from '../../../src/store/rows.ts';
import { migrate } from '../../../src/store/sqlite/migrate.ts';
import { PUT_FRONTIER } from '../../../src/store/sqlite/queries/audit.ts';
import { openWriter } from '../../../src/store/sqlite/session.ts';
import { FILL, eventsEach } from './rows.ts';
import type { Size } from './rows.ts';

const LEAVES_A_CHECKPOINT = 5_000;

/**
 * Fills a new SQLite store with a house's history: requests in every state, their decisions, cards
 * and jobs, people, and an audit log that is sealed to its end under a root that holds. Written in
 * bulk: nothing is synced, as a crash only means to begin again.
 */
export function fillStore(path: string, size: Size): void {
  const made = openWriter(path, { busyMs: 1_000 });
  migrate(made, { now: size.now, maxWaitMs: 1_000 });
  made.close();
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    // The log has to be left before there can be none.
    for (const setting of [
      'journal_mode = DELETE',
      'journal_mode = OFF',
      'synchronous = OFF',
      'cache_size = -1000000',
    ]) {
      database.exec(`PRAGMA ${setting}`);
    }
    database.exec('BEGIN');
    for (const { sql, values } of FILL) database.prepare(sql).run(...values(size));
    sealAll(database, size);
    database.exec('COMMIT');
    // What a store that grew over years has by SQLite's own housekeeping is not there: no ANALYZE.
    database.exec('PRAGMA journal_mode = WAL');
  } finally {
    database.close();
  }
}

/** A leaf for every event, a checkpoint now and then, and one with the true root at the end. */
function sealAll(database: DatabaseSync, { requests, now }: Size): void {
  const leaf = database.prepare('INSERT INTO audit_leaves (idx, event_id, hash) VALUES (?, ?, ?)');
  const checkpoint = database.prepare(
    'INSERT INTO audit_checkpoints (size, root, at, jws) VALUES (?, ?, ?, ?)',
  );
  const frontier = createFrontier();
  const jws = systemIds.secret(300);
  for (let index = 0; index < requests * eventsEach; index += 1) {
    // The bytes of the leaf count for nothing here: a hash is as good as another.
    const hash = Buffer.from(systemIds.secret(32), 'base64url');
    frontier.append(hash);
    leaf.run(index, `evt_${String(index + 1).padStart(26, '0')}`, encodeHash(hash));
    if (frontier.size % LEAVES_A_CHECKPOINT === 0 || frontier.size === requests * eventsEach) {
      checkpoint.run(frontier.size, encodeHash(frontier.root()), now, jws);
    }
  }
  database.prepare(PUT_FRONTIER).run(frontier.size, peaksText(frontier.peaks().map(encodeHash)));
}
