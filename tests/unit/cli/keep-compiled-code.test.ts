import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../conventions/tree.ts';

const run = promisify(execFile);
let home = '';

/** A copy of the program in a new folder, where it has never run. */
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-compiled-'));
  await cp(join(ROOT, 'src'), join(home, 'src'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(home, 'package.json'));
  await mkdir(join(home, 'here'));
  await symlink(join(ROOT, 'node_modules'), join(home, 'node_modules'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function start(env: Record<string, string> = {}) {
  const inherited = { ...process.env };
  delete inherited['NODE_COMPILE_CACHE'];
  delete inherited['NODE_DISABLE_COMPILE_CACHE'];
  return run(process.execPath, [join(home, 'src/main.ts'), '--help'], {
    timeout: 30_000,
    cwd: join(home, 'here'),
    env: { ...inherited, ...env },
  });
}

async function help(env?: Record<string, string>): Promise<string> {
  return (await start(env)).stdout;
}

async function filesIn(folder: string): Promise<string[]> {
  return readdir(folder, { recursive: true }).catch(() => []);
}

const kept = () => filesIn(join(home, '.cache/compiled'));

test('keeps compiled code beside package.json, and the next start uses it', async () => {
  expect(await kept()).toEqual([]);
  expect(await help()).toContain('Usage: countersign');
  const first = await kept();
  expect(first.length).toBeGreaterThan(3);
  const again = await start({ NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
  expect(again.stderr).toMatch(/cache for ESM \S+\/src\/cli\/run\.ts was accepted/);
  expect(await kept()).toEqual(expect.arrayContaining(first));
});

test('NODE_COMPILE_CACHE sets another folder, NODE_DISABLE_COMPILE_CACHE none', async () => {
  const other = join(home, 'elsewhere');
  expect(await help({ NODE_COMPILE_CACHE: other })).toContain('Usage: countersign');
  expect((await filesIn(other)).length).toBeGreaterThan(3);
  expect(await help({ NODE_DISABLE_COMPILE_CACHE: '1' })).toContain('Usage: countersign');
  expect(await kept()).toEqual([]);
});

test('ignores an empty NODE_COMPILE_CACHE: writes no compiled code to the working folder', async () => {
  expect(await help({ NODE_COMPILE_CACHE: '' })).toContain('Usage: countersign');
  expect(await filesIn(join(home, 'here'))).toEqual([]);
  expect((await kept()).length).toBeGreaterThan(3);
});

test('starts when the cache folder cannot be created', async () => {
  await writeFile(join(home, '.cache'), 'a file');
  expect(await help()).toContain('Usage: countersign');
  expect(await readFile(join(home, '.cache'), 'utf8')).toBe('a file');
});
