import { describeError } from './logger.ts';

/** Codes of Node (errno) for a path, in words that follow a colon or stand in parentheses. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'nothing is there',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'it is a file, or lies below one, where a folder is needed',
  EACCES: 'the user of this process has no right to it',
  EPERM: 'the user of this process has no right to it',
  EROFS: 'its disk is read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: 'the quota of the disk is used up',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'this process has too many files open',
  EIO: 'the disk failed',
};

/** Why a file or folder cannot be used, in words of at most 200 characters, without Node's code. */
export function fileTrouble(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  const words = typeof code === 'string' ? WORDS[code] : undefined;
  return (
    words ??
    describeError(error)
      .replace(/^Error: /, '')
      .slice(0, 200)
  );
}
