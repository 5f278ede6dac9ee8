import { readFileSync } from 'node:fs';
import { shippedMigrations as forSqlite } from '../../src/store/sqlite/migrate.ts';
import { shippedMigrations as forSqlServer } from '../../src/store/sqlserver/migrate.ts';

interface Released {
  /** Checksum of each migration that a release has shipped, by engine and name. */
  readonly sqlite: Readonly<Record<string, string>>;
  readonly sqlserver: Readonly<Record<string, string>>;
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const released = JSON.parse(read('./golden/released-migrations.json')) as Released;
const { version } = JSON.parse(read('../../package.json')) as { version: string };
const [major = 0, minor = 0] = version.split('.').map(Number);
/** Until 0.2.0 the migrations may change in place. */
const isReleased = major > 0 || minor >= 2;

describe.each([
  ['sqlite', forSqlite()],
  ['sqlserver', forSqlServer()],
] as const)('released migrations of %s', (engine, shipped) => {
  const checksums = Object.fromEntries(shipped.map(({ name, checksum }) => [name, checksum]));

  test('a released migration is still shipped, and unchanged', () => {
    for (const [name, checksum] of Object.entries(released[engine])) {
      expect([name, checksums[name]]).toEqual([name, checksum]);
    }
  });

  test('from 0.2.0 on every migration is on the list of released ones', () => {
    expect(shipped.length).toBeGreaterThan(0);
    const missing = Object.keys(checksums).filter((name) => !(name in released[engine]));
    expect(isReleased ? missing : []).toEqual([]);
  });
});
