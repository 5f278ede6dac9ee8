import { open, stat } from 'node:fs/promises';

/** Where checkpoints are kept outside the store. */
export interface Witness {
  /** Its path or address, for messages. */
  readonly name: string;
  /** Its last lines, oldest first: at most `maxBytes` of a file. Empty before the first append. */
  read(options: { maxBytes: number }): Promise<readonly string[]>;
  /** Appends one line; done once the witness has it. */
  append(line: string): Promise<void>;
}

/** A witness in a file; made at the first append. */
export function fileWitness(path: string): Witness {
  return {
    name: path,
    async read({ maxBytes }) {
      const size = await sizeOf(path);
      if (size === 0) return [];
      const file = await open(path, 'r');
      try {
        const from = Math.max(0, size - maxBytes);
        const { buffer, bytesRead } = await file.read({
          buffer: Buffer.alloc(size - from),
          position: from,
        });
        const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
        // The first line of a tail is the end of a line.
        return from > 0 ? lines.slice(1) : lines;
      } finally {
        await file.close();
      }
    },
    async append(line) {
      const file = await open(path, 'a+', 0o640);
      try {
        await file.appendFile(`${(await endsInLine(file)) ? '' : '\n'}${line}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    const isMissing = typeof error === 'object' && error !== null && 'code' in error;
    if (isMissing && error.code === 'ENOENT') return 0;
    throw error;
  }
}

/** Whether the file is empty or ends in a line feed: a crash may have cut a line. */
async function endsInLine(file: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: size - 1 });
  return buffer.toString() === '\n';
}
