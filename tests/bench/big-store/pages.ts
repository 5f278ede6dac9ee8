import { readFileSync } from 'node:fs';

const PAGE_BYTES = 4_096;
const COUNTER = '/proc/thread-self/io';

/**
 * Pages of 4 KB that SQLite takes from the file during `look`, on this thread: what the kernel
 * counts of its read calls (`rchar`; each page is one call, from the page cache or the disk).
 * `sqlite3_status` is out of reach from `node:sqlite`. NaN where there is no such counter (not
 * Linux). The look must be on a connection that holds nothing in its own cache.
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
