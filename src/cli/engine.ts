import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/** Beside `package.json`: who can write there can change the program itself. */
const FOLDER = fileURLToPath(new URL('../../.cache/compiled', import.meta.url));

/** V8's own is 3,000: a service that decides a request a minute would get there after two days. */
const CALLS_BEFORE_OPTIMIZING = 500;

/**
 * Has the JavaScript engine treat this process as a service: functions are optimized early, and
 * what was compiled is kept for the next start. Call it ahead of the imports that it is for.
 */
export function prepareEngine(): void {
  // In this order: code that was kept under other flags is compiled anew.
  optimizeEarly();
  keepCompiledCode();
}

/**
 * Has V8's last compiler take a function after 500 calls. What it assumes of a function's values
 * it has seen by then, as every request goes the same way.
 *
 * The flag is known to V8 of Node 22 to 26; one that no longer knew it would say so on standard
 * error and go on. https://nodejs.org/api/v8.html#v8setflagsfromstringflags
 */
export function optimizeEarly(): void {
  setFlagsFromString(`--invocation-count-for-turbofan=${CALLS_BEFORE_OPTIMIZING}`);
}

/**
 * Has Node keep what it compiles, for the next start: a third of a start is the compiling of 1,900
 * files that never change. `NODE_COMPILE_CACHE` names another folder, `NODE_DISABLE_COMPILE_CACHE`
 * wants none; a folder that cannot be written changes nothing. Threads take it from the
 * environment.
 * https://nodejs.org/api/module.html#module-compile-cache
 */
function keepCompiledCode(): void {
  // Empty means that nothing was said; Node's function would take the folder that we run in.
  const folder = process.env['NODE_COMPILE_CACHE'] || FOLDER;
  enableCompileCache(folder);
  process.env['NODE_COMPILE_CACHE'] = folder;
}
