import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { WebReply } from '../usecases/ports/web-pages.ts';

const own = (name: string) => fileURLToPath(new URL(`./assets/${name}`, import.meta.url));

/** The file of each asset; no other name is served. */
const ASSETS: Readonly<Record<string, () => string>> = {
  'sign-in.js': () => own('sign-in.js'),
  'sign-in-start.js': () => own('sign-in-start.js'),
  'sign-in.css': () => own('sign-in.css'),
  // Served from our origin, so that no other host can change a script of our pages.
  'teams.js': () => createRequire(import.meta.url).resolve('@microsoft/teams-js'),
};

/** Serves the assets by name, each read once. */
export function createAssets(): (name: string) => WebReply | undefined {
  const read = new Map<string, WebReply>();
  return (name) => {
    const known = read.get(name);
    if (known !== undefined) return known;
    const file = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (file === undefined) return undefined;
    const type = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    const reply: WebReply = {
      status: 200,
      headers: {
        'content-type': `${type}; charset=utf-8`,
        'cache-control': 'public, max-age=3600',
      },
      body: readFileSync(file()),
    };
    read.set(name, reply);
    return reply;
  };
}
