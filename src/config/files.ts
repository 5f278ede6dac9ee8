import { readdirSync, statSync } from 'node:fs';
import { fileTrouble } from '../lib/file-trouble.ts';
import { readBounded } from '../lib/read-bounded.ts';
import { ConfigError } from './problem.ts';

/** How the configuration reads the disk. */
export interface Files {
  readFile(path: string): string;
  listFolder(path: string): readonly string[];
  /** What is at a path; undefined where there is nothing, or it may not be looked at. */
  kindOf(path: string): 'file' | 'folder' | undefined;
}

/** Above the limits of each kind of file, which have messages of their own. */
const MAX_FILE_BYTES = 4_194_304;

/** The disk of this machine. */
export const machineFiles: Files = {
  readFile: (path) => readBounded(path, { maxBytes: MAX_FILE_BYTES }),
  listFolder: (path) => readdirSync(path),
  kindOf(path) {
    try {
      return statSync(path).isDirectory() ? 'folder' : 'file';
    } catch (error) {
      // Node's errors of the file system have a code: nothing is there, or it may not be looked at.
      if (typeof error !== 'object' || error === null || !('code' in error)) throw error;
      return undefined;
    }
  },
};

/** The text of countersign.yaml. @throws ConfigError where it cannot be read. */
export function readConfigText(file: string, { readFile }: Pick<Files, 'readFile'>): string {
  try {
    return readFile(file);
  } catch (error) {
    throw new ConfigError([
      {
        file,
        line: 1,
        column: 1,
        rule: 'file_unreadable',
        path: '',
        found: fileTrouble(error),
        expected: 'a readable countersign.yaml (--config or COUNTERSIGN_CONFIG names it)',
      },
    ]);
  }
}
