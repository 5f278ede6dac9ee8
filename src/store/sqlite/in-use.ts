import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './errors.ts';

/**
 * Whether any process has this database open: SQLite refuses to leave WAL mode while another
 * connection exists (sqlite.org/wal.html, section 3.1). The next open sets WAL mode again. False for
 * a missing file, or one that is not a database.
 */
export function isInUse(path: string): boolean {
  if (!existsSync(path)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec('PRAGMA journal_mode = DELETE');
    return false;
  } catch (error) {
    return isBusy(error);
  } finally {
    database?.close();
  }
}
