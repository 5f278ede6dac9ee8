import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Beside `package.json`: who can write there can change the program itself. */
const FOLDER = fileURLToPath(new URL('../../.cache/compiled', import.meta.url));

/**
 * Has Node keep what it compiles, for the next start: a third of a start is the compiling of 1,900
 * files that never change. Call it ahead of the imports that it is for. `NODE_COMPILE_CACHE` names
 * another folder, `NODE_DISABLE_COMPILE_CACHE` turns it off; a folder that cannot be written changes
 * nothing. Threads take the folder from the environment.
 * https://nodejs.org/api/module.html#module-compile-cache
 */
export function keepCompiledCode(): void {
  // An empty name counts as none: Node's function would take the working folder.
  const folder = process.env['NODE_COMPILE_CACHE'] || FOLDER;
  enableCompileCache(folder);
  process.env['NODE_COMPILE_CACHE'] = folder;
}
