import { readFileSync } from 'node:fs';

const PAGE_BYTES = 4_096;
const COUNTER = '/proc/thread-self/io';

/**
 * Counts the pages of 4 KB that SQLite reads from the file during `look` on this thread, by the
 * kernel's counter of read bytes (`rchar`; one call for each page, from page cache or disk),
 * because `node:sqlite` has no `sqlite3_status`. NaN without that counter (not Linux). The
 * connection must have an empty cache.
 */
export async function pagesRead(look: () => Promise<unknown>): Promise<number> {
  const before = readBytes();
  await look();
  return Math.floor((readBytes() - before) / PAGE_BYTES);
}

function readBytes(): number {
  try {
    return Number(/^rchar: (\d+)$/m.exec(readFileSync(COUNTER, 'utf8'))?.[1]);
  } catch {
    return NaN;
  }
}
