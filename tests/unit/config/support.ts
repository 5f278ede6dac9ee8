import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Profile } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/compose/load-config.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import type { Problem } from '../../../src/config/problem.ts';

const examples = new URL('../../../docs/examples/', import.meta.url);

export const exampleConfig = fileURLToPath(new URL('countersign.yaml', examples));

/** Values of the references in the example. */
export const exampleEnv = {
  COUNTERSIGN_SQLSERVER: 'Server=db;Database=countersign',
  COUNTERSIGN_BOT_SECRET: 'bot-secret',
  COUNTERSIGN_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  COUNTERSIGN_SIGNING_SECRET: 'a signing secret of more than 32 bytes',
};

export const configText = readFileSync(exampleConfig, 'utf8');
export const workflowText = readFileSync(
  new URL('workflows/deploy-production.yaml', examples),
  'utf8',
);

export interface Given {
  readonly config?: string;
  readonly workflows?: Readonly<Record<string, string>>;
  readonly env?: Record<string, string | undefined>;
  readonly profile?: Profile;
  /** Folders that exist; default: every path that is no file. */
  readonly folders?: readonly string[];
  /** Further files, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads texts as if they were files `/c/countersign.yaml` and `/c/workflows/*.yaml`. */
export function load(given: Given = {}) {
  const files: Record<string, string> = {
    '/c/countersign.yaml': given.config ?? configText,
    ...given.files,
  };
  const workflows = given.workflows ?? { 'deploy.yaml': workflowText };
  for (const [name, text] of Object.entries(workflows)) files[`/c/workflows/${name}`] = text;
  return loadConfig({
    path: '/c/countersign.yaml',
    env: given.env ?? exampleEnv,
    profile: given.profile ?? 'production',
    files: {
      readFile: (path) => {
        const text = files[path];
        if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
        return text;
      },
      listFolder: (path) => {
        if (path !== '/c/workflows') throw new Error(`ENOENT: no such folder '${path}'`);
        return Object.keys(workflows);
      },
      kindOf(path) {
        if (Object.hasOwn(files, path)) return 'file';
        return given.folders?.includes(path) === false ? undefined : 'folder';
      },
    },
  });
}

/** The problems of texts that must not load. */
export function problemsOf(given: Given): readonly Problem[] {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('this configuration loads, and should not');
}

/** A text with one part replaced; the part must be there. */
export function edited(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`nothing to replace: ${from}`);
  return text.replace(from, () => to);
}

/** `line:column` of the first occurrence of a part. */
export function placeOf(text: string, part: string): string {
  const offset = text.indexOf(part);
  if (offset < 0) throw new Error(`not in the text: ${part}`);
  const before = text.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Warnings beside those of the addresses in the example. */
export function beside(warnings: readonly Problem[]): readonly Problem[] {
  return warnings.filter(({ rule }) => rule !== 'example_address');
}
