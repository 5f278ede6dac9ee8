import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, filesUnder } from './tree.ts';

const lines = readFileSync(join(ROOT, '.github/workflows/ci.yml'), 'utf8').split('\n');

/** The test files that jest selects for a `npm test -- …` of ci.yml, where a server is given. */
async function selectedBy(command: string): Promise<string[]> {
  const args = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, bare = '']) => quoted ?? bare,
  );
  const jest = ['--experimental-vm-modules', join(ROOT, 'node_modules/jest/bin/jest.js')];
  const env = { ...process.env, COUNTERSIGN_TEST_SQLSERVER: 'Server=none' };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...jest, '--listTests', ...args],
    { cwd: ROOT, env },
  );
  const paths = stdout.split('\n').filter((line) => line.endsWith('.test.ts'));
  return paths.map((path) => relative(ROOT, path).split(sep).join('/')).sort();
}

describe('the SQL Server job of ci.yml', () => {
  test.each([
    ['store', 'tests/store'],
    ['end-to-end', 'tests/e2e'],
  ])('runs every %s test on the server, and no other', async (_name, folder) => {
    const commands = lines.flatMap((line) => line.split('- run: npm test -- ')[1] ?? []);
    const selected = await Promise.all(commands.map(selectedBy));
    const expected = filesUnder([folder], ['.test.ts']).map(({ path }) => path);
    expect(expected.length).toBeGreaterThan(10);
    expect(selected).toContainEqual(expected.sort());
  });
});
