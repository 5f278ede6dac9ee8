import { DatabaseSync } from 'node:sqlite';
import { encodeHash, createFrontier } from '../../../src/audit/merkle.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { peaksText } from '../../../src/store/rows.ts';
import { migrate } from '../../../src/store/sqlite/migrate.ts';
import { PUT_FRONTIER } from '../../../src/store/sqlite/queries/audit.ts';
import { openWriter } from '../../../src/store/sqlite/connection.ts';
import { FILL, eventsEach } from './rows.ts';
import type { Size } from './rows.ts';

const LEAVES_A_CHECKPOINT = 5_000;

/**
 * Fills a new SQLite store with years of history: requests in every state, their decisions, cards
 * and jobs, people, and a sealed audit log with a valid root. Writes in bulk without sync, because
 * after a crash the run starts again.
 */
export function fillStore(path: string, size: Size): void {
  const made = openWriter(path, { busyMs: 1_000 });
  migrate(made, { now: size.now, maxWaitMs: 1_000 });
  made.close();
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    // Leave WAL mode before switching the journal off.
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
    // No ANALYZE, although a store that grew for years may have statistics.
    database.exec('PRAGMA journal_mode = WAL');
  } finally {
    database.close();
  }
}

/** Writes a leaf for every event, some checkpoints, and one with the valid root at the end. */
function sealAll(database: DatabaseSync, { requests, now }: Size): void {
  const leaf = database.prepare('INSERT INTO audit_leaves (idx, event_id, hash) VALUES (?, ?, ?)');
  const checkpoint = database.prepare(
    'INSERT INTO audit_checkpoints (size, root, at, jws) VALUES (?, ?, ?, ?)',
  );
  const frontier = createFrontier();
  const jws = systemIds.secret(300);
  for (let index = 0; index < requests * eventsEach; index += 1) {
    // The bytes of the leaf do not matter here.
    const hash = Buffer.from(systemIds.secret(32), 'base64url');
    frontier.append(hash);
    leaf.run(index, `evt_${String(index + 1).padStart(26, '0')}`, encodeHash(hash));
    if (frontier.size % LEAVES_A_CHECKPOINT === 0 || frontier.size === requests * eventsEach) {
      checkpoint.run(frontier.size, encodeHash(frontier.root()), now, jws);
    }
  }
  database.prepare(PUT_FRONTIER).run(frontier.size, peaksText(frontier.peaks().map(encodeHash)));
}
