import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 65_536;

/**
 * The UTF-8 text of a file of at most `maxBytes`. A device without an end, such as `/dev/zero`,
 * would otherwise fill the memory.
 *
 * @throws Error for a file that cannot be read, and for a longer one.
 */
export function readBounded(path: string, { maxBytes }: { maxBytes: number }): string {
  const file = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let size = 0; ;) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const bytes = readSync(file, chunk, 0, CHUNK_BYTES, null);
      if (bytes === 0) return Buffer.concat(chunks).toString('utf8');
      size += bytes;
      if (size > maxBytes) throw tooLong(maxBytes);
      chunks.push(chunk.subarray(0, bytes));
    }
  } finally {
    closeSync(file);
  }
}

/** With a code as Node's own errors of files have. */
function tooLong(maxBytes: number): Error {
  const message = `it holds more than ${maxBytes / 1_048_576} MiB`;
  return Object.assign(new Error(message), { code: 'EFBIG' });
}
