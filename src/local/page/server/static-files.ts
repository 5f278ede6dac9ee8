import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';

const SCRIPT = 'text/javascript; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': SCRIPT,
  '.svg': 'image/svg+xml',
};

export interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
}

/**
 * Reads all that is served, by path: the folder of the page and the browser bundle of the card
 * renderer.
 *
 * @throws Error when the `adaptivecards` package is not installed.
 */
export async function readStaticFiles(): Promise<ReadonlyMap<string, StaticFile>> {
  const files = new Map<string, StaticFile>();
  const folder = join(import.meta.dirname, '..');
  for (const name of await readdir(folder)) {
    const type = TYPES[extname(name)];
    if (type) files.set(`/${name}`, { type, body: await readFile(join(folder, name)) });
  }
  const index = files.get('/index.html');
  if (index) files.set('/', index);
  const main = createRequire(import.meta.url).resolve('adaptivecards');
  const bundle = join(dirname(main), '..', 'dist', 'adaptivecards.min.js');
  return files.set('/vendor/adaptivecards.js', { type: SCRIPT, body: await readFile(bundle) });
}
