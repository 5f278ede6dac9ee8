import { readFileSync, readdirSync } from 'node:fs';
import { sha256 } from '../lib/hash.ts';
import { StoreError } from '../usecases/ports/store-error.ts';

/** A numbered change of an engine's schema. `checksum` is the SHA-256 of its SQL. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** A migration as the store records it. */
export type AppliedMigration = Pick<Migration, 'version' | 'name' | 'checksum'>;

const FILE = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** The migrations in a folder, in order. */
export function readMigrations(folder: URL): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => FILE.test(name))
    .sort()
    .map((name) => {
      // Git may convert line ends at checkout: normalise them before the checksum.
      const sql = readFileSync(new URL(name, folder), 'utf8').replaceAll('\r\n', '\n');
      return { version: Number(name.slice(0, 4)), name, sql, checksum: sha256(sql) };
    });
}

/**
 * The migrations that a store lacks.
 *
 * @throws StoreError `schema_newer` if the store has a migration that this version does not ship,
 *   `schema_changed` if a migration was edited after it was applied.
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
        `The store has schema ${version} (${name}), which this version does not know: ` +
          'start the newer version, or restore a backup from before its first start.',
      );
    }
    if (migration.checksum !== checksum) {
      throw new StoreError(
        'schema_changed',
        `Migration ${name} was edited after it was applied to this store: undo the edit, and ` +
          'write a new migration with the next number.',
      );
    }
  }
  const done = new Set(applied.map(({ version }) => version));
  return migrations.filter(({ version }) => !done.has(version));
}
