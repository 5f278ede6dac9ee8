import { readFileSync, readdirSync } from 'node:fs';
import { sha256 } from '../lib/hash.ts';
import { StoreError } from '../usecases/ports/store-error.ts';

/** A numbered step of an engine's schema. `checksum` is the SHA-256 of its text. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** What a store says of a migration that made it. */
export type AppliedMigration = Pick<Migration, 'version' | 'name' | 'checksum'>;

const FILE = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** The migrations in a folder, in order. */
export function readMigrations(folder: URL): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => FILE.test(name))
    .sort()
    .map((name) => {
      // A checkout may have turned the line ends; the checksum must not depend on that.
      const sql = readFileSync(new URL(name, folder), 'utf8').replaceAll('\r\n', '\n');
      return { version: Number(name.slice(0, 4)), name, sql, checksum: sha256(sql) };
    });
}

/**
 * The migrations that a store still lacks.
 *
 * @throws StoreError `schema_newer` where it has one that this program does not know,
 *   `schema_changed` where one was edited after it landed.
 */
export function missingMigrations(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const { version, name, checksum } of applied) {
    const migration = known.get(version);
    if (!migration) {
      throw new StoreError(
        'schema_newer',
        `The store has schema ${version} (${name}), which this program does not know: ` +
          'start the newer program, or restore a backup from before its first start.',
      );
    }
    if (migration.checksum !== checksum) {
      throw new StoreError(
        'schema_changed',
        `Migration ${name} is not the one that made this store: undo the edit of that file, and ` +
          'put the change into a migration with the next number.',
      );
    }
  }
  const done = new Set(applied.map(({ version }) => version));
  return migrations.filter(({ version }) => !done.has(version));
}
