import { dirname, resolve } from 'node:path';
import { fileTrouble } from '../lib/file-trouble.ts';
import type { Substitute } from './yaml-source.ts';

const REFERENCE = /\$\{(env|file):([^}]*)\}/g;
const MAX_SECRET_CHARS = 65_536;

/**
 * Replaces `${env:NAME}` by an environment variable and `${file:PATH}` by the text of a file without
 * its last line end. Paths are relative to the configuration file. An empty value is a problem,
 * because an empty secret is a mistake.
 */
export function referenceSubstitute(options: {
  file: string;
  env: Readonly<Record<string, string | undefined>>;
  readFile: (path: string) => string;
}): Substitute {
  const { file, env, readFile } = options;
  return (text) => {
    if (!text.includes('${')) return { text, replaced: false };
    let problem: { found: string; expected: string } | undefined;
    let replaced = false;
    const result = text.replace(REFERENCE, (written: string, kind: string, name: string) => {
      replaced = true;
      const value = kind === 'env' ? env[name] : readSecret(resolve(dirname(file), name), readFile);
      if (typeof value === 'string' && value !== '') return value;
      problem ??=
        kind === 'env'
          ? { found: written, expected: `the environment variable ${name} to be set` }
          : {
              found: typeof value === 'object' ? `${written} (${value.error})` : written,
              expected: `a readable file with text, at most ${MAX_SECRET_CHARS} characters`,
            };
      return '';
    });
    return problem ?? { text: result, replaced };
  };
}

/** For files that are hashed as written, such as workflows: rejects references. */
export const refuseReferences: Substitute = (text) =>
  /\$\{(env|file):/.test(text)
    ? { found: JSON.stringify(text), expected: 'a value (a workflow has no references)' }
    : { text, replaced: false };

function readSecret(
  path: string,
  readFile: (path: string) => string,
): string | { error: string } | undefined {
  try {
    const text = readFile(path).replace(/\r?\n$/, '');
    return text.length > MAX_SECRET_CHARS ? undefined : text;
  } catch (error) {
    return { error: `${path}: ${fileTrouble(error)}` };
  }
}
