import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openReader } from './connection.ts';
import type { Connection } from './connection.ts';

/** SQLITE_READONLY and SQLITE_CANTOPEN: the primary code is the low byte (sqlite.org/rescode.html). */
const NOT_WRITABLE = new Set([8, 14]);

/**
 * Opens an existing file for reading, also where neither it nor its folder may be written. SQLite
 * needs its `-shm` file next to a database in WAL mode, and makes it where it is missing
 * (sqlite.org/wal.html#readonly). Where it cannot, nobody has the database open: it is read as
 * immutable, or, with commits in its `-wal` file, from a copy in the folder for temporary files.
 *
 * @throws errors of SQLite and of the file system.
 */
export function openUnwritable(path: string, options: { busyMs: number }): Connection {
  try {
    return probed(openReader(path, options));
  } catch (error) {
    if (!isNotWritable(error) || !existsSync(path)) throw error;
  }
  const wal = `${path}-wal`;
  if (existsSync(wal) && statSync(wal).size > 0) return openCopy(path, options);
  return probed(openReader(immutable(path), options));
}

function openCopy(path: string, options: { busyMs: number }): Connection {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-read-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'copy.db');
    for (const end of ['', '-wal']) copyFileSync(`${path}${end}`, `${copy}${end}`);
    const connection = probed(openReader(copy, options));
    const close = () => {
      connection.close();
      remove();
    };
    return { ...connection, close };
  } catch (error) {
    remove();
    throw error;
  }
}

function immutable(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

/** Reads once, because SQLite opens the file at its first statement only. */
function probed(connection: Connection): Connection {
  try {
    connection.get('SELECT count(*) AS count FROM sqlite_schema');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function isNotWritable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return false;
  return typeof error.errcode === 'number' && NOT_WRITABLE.has(error.errcode & 0xff);
}
