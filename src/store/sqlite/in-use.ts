import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './errors.ts';

/**
 * Whether any process has this database open. It leaves the WAL mode for nobody while another
 * connection is there (sqlite.org/wal.html, section 3.1); whoever opens it next turns it on again.
 * False for a file that is not there, or that is no database.
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
