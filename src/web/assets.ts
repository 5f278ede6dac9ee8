import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { WebReply } from '../usecases/ports/web-pages.ts';

interface Asset {
  readonly file: () => string;
  readonly type: string;
}

const own = (name: string) => () => fileURLToPath(new URL(`./assets/${name}`, import.meta.url));

/** All assets of the pages; no other name is served. */
const ASSETS: Readonly<Record<string, Asset>> = {
  'sign-in.js': { file: own('sign-in.js'), type: 'text/javascript; charset=utf-8' },
  'sign-in-start.js': { file: own('sign-in-start.js'), type: 'text/javascript; charset=utf-8' },
  'sign-in.css': { file: own('sign-in.css'), type: 'text/css; charset=utf-8' },
  // Served from our origin, so that no other host can change a script of our pages.
  'teams.js': {
    file: () => createRequire(import.meta.url).resolve('@microsoft/teams-js'),
    type: 'text/javascript; charset=utf-8',
  },
};

/** Serves the assets by name, each read once. */
export function createAssets(): (name: string) => WebReply | undefined {
  const read = new Map<string, WebReply>();
  return (name) => {
    const known = read.get(name);
    if (known !== undefined) return known;
    const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (asset === undefined) return undefined;
    const reply: WebReply = {
      status: 200,
      headers: { 'content-type': asset.type, 'cache-control': 'public, max-age=3600' },
      body: readFileSync(asset.file()),
    };
    read.set(name, reply);
    return reply;
  };
}
