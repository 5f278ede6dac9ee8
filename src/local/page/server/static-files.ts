import type { ServerResponse } from 'node:http';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { PageProblem } from './problem.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
}

/** The files of the page and the card renderer, read once. Nothing else is served. */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;

  constructor(files: ReadonlyMap<string, StaticFile>) {
    this.#files = files;
  }

  /**
   * Reads the folder of the page and the browser bundle of the renderer.
   *
   * @throws Error when the `adaptivecards` package is not installed.
   */
  static async load(): Promise<StaticFiles> {
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
    const type = 'text/javascript; charset=utf-8';
    files.set('/vendor/adaptivecards.js', { type, body: await readFile(bundle) });
    return new StaticFiles(files);
  }

  /**
   * Answers one file.
   *
   * @throws PageProblem 404 `not-found`.
   */
  send(options: { pathname: string; response: ServerResponse; head: boolean }): void {
    const { pathname, response, head } = options;
    const file = this.#files.get(pathname);
    if (!file) throw new PageProblem(404, 'not-found', `There is nothing at ${pathname}.`);
    response.writeHead(200, { 'content-type': file.type, 'content-length': file.body.length });
    response.end(head ? undefined : file.body);
  }
}
