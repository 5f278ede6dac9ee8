import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/lib/clock.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Logger, LogLevel } from '../../src/lib/logger.ts';
import { startLocalProfile } from '../../src/local/profile.ts';
import type { LocalOptions, LocalProfile } from '../../src/local/profile.ts';
import { LONG_TIMING } from '../store/support/open-sqlserver.ts';
import { freePorts } from './free-ports.ts';
import { ENGINE, createDatabase } from './world-database.ts';
import type { WorldDatabase } from './world-database.ts';

const LOCAL = new URL('../../src/local/', import.meta.url);

/** A test server may be slow; repeated clicks would make it even slower. */
const SLOW = { giveUpAfterMs: 200_000, resendAfterMs: 190_000 };

/** Service, page, provider, connector and target, as `countersign local` lays them out. */
const PORTS = 5;

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The local profile in a new folder, with the log lines of the service. */
export interface LocalWorld extends LocalProfile {
  readonly home: string;
  /** The database of the service, on the engine of this run. */
  readonly database: WorldDatabase;
  readonly logged: readonly LogLine[];
}

export interface WorldOptions extends Omit<LocalOptions, 'home' | 'configPath'> {
  /** Changes the text of the demo's countersign.yaml. */
  readonly config?: (text: string) => string;
  /** More workflow files: name → YAML. */
  readonly workflows?: Readonly<Record<string, string>>;
}

/** Starts the local profile on free ports; `stop` also removes its folder and database. */
export async function startWorld(options: WorldOptions = {}): Promise<LocalWorld> {
  const { config, workflows, ...rest } = options;
  const home = await mkdtemp(join(tmpdir(), 'countersign-e2e-'));
  const logged: LogLine[] = [];
  const database = await createDatabase(home);
  const remove = async () => {
    await rm(home, { recursive: true, force: true });
    await database.drop();
  };
  try {
    const profile = await startLocalProfile({
      ...(ENGINE === 'sqlserver' ? SLOW : {}),
      port: await freePorts(PORTS),
      ...rest,
      home,
      configPath: await writeConfig(home, { config, workflows, database }),
      overrides: { log: collecting(logged), storeTiming: LONG_TIMING, ...rest.overrides },
    });
    const stop = async () => {
      await profile.stop();
      await remove();
    };
    return { ...profile, home, database, logged, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Writes the changed configuration of the demo to a folder; returns its path. */
export async function writeConfig(
  home: string,
  {
    config,
    workflows = {},
    database,
  }: Pick<WorldOptions, 'config' | 'workflows'> & {
    database?: WorldDatabase;
  },
): Promise<string> {
  const folder = join(home, 'workflows');
  await mkdir(folder, { recursive: true });
  await cp(fileURLToPath(new URL('workflows', LOCAL)), folder, { recursive: true });
  for (const [name, text] of Object.entries(workflows)) {
    await writeFile(join(folder, `${name}.yaml`), text);
  }
  const before = await readFile(new URL('countersign.yaml', LOCAL), 'utf8');
  const after = config === undefined ? before : config(before);
  if (config !== undefined && after === before) throw new Error('the configuration is unchanged');
  const path = join(home, 'countersign.yaml');
  await writeFile(path, database?.config(after) ?? after);
  return path;
}

/** The machine's clock plus an offset that a test sets. */
export function movableClock(): Clock & { advance(ms: number): void } {
  let aheadMs = 0;
  return {
    now: () => systemClock.now() + aheadMs,
    advance: (ms) => {
      aheadMs += ms;
    },
  };
}

function collecting(lines: LogLine[]): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void lines.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
