import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError, silentLogger } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import { planMigrations } from '../store/plan-migrations.ts';
import { EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { moveStore } from './migrate-from.ts';
import { configPath, parseOptions } from './options.ts';

interface Given {
  readonly io: CommandIo;
  readonly json: boolean;
  readonly allowUntrusted: boolean;
}

/**
 * `countersign migrate`: brings the schema of the configured store up to date and ends, for an
 * identity that may change it where the service's own may not. With `--plan` it tells what would
 * run and changes nothing; with `--from` it carries an embedded store over to SQL Server. Exits
 * with 1 where it cannot.
 */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseOptions(
    args,
    {
      config: { type: 'string' },
      profile: { type: 'string', default: 'production' },
      plan: { type: 'boolean', default: false },
      from: { type: 'string' },
      to: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
    0,
  );
  const { profile, plan, from, to, json } = values;
  if (profile !== 'production' && profile !== 'local') {
    throw new UsageError('--profile is production or local.');
  }
  const given: Given = { io, json, allowUntrusted: profile === 'local' };
  const configured = (): Config['store'] =>
    loadConfig({ path: configPath(values.config, io), env: io.env, profile }).config.store;
  if (plan && (from !== undefined || to !== undefined)) {
    throw new UsageError('--plan goes without --from and --to.');
  }
  if (from === undefined && to !== undefined) throw new UsageError('--to goes with --from.');
  try {
    if (plan) return await tellPlan(configured(), given);
    if (from === undefined) return await bringUp(configured(), given);
    const connectionString = to === undefined ? targetIn(configured()) : targetGiven(to, io);
    return await moveStore({ ...given, path: sourceGiven(from, io), connectionString });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const told =
      error instanceof ConfigError
        ? error.problems.map(formatProblem)
        : [`The store was not migrated: ${describeError(error)}`];
    for (const line of told) io.stderr(`${line}\n`);
    return EXIT.failed;
  }
}

async function bringUp(store: Config['store'], given: Given): Promise<number> {
  const { io, json, allowUntrusted } = given;
  const applied: string[] = [];
  const info: Logger['info'] = (_message, fields = {}) => {
    if (Array.isArray(fields['applied'])) applied.push(...fields['applied'].map(String));
  };
  const opened = await openStore(store, {
    clock: systemClock,
    log: { ...silentLogger, info },
    allowUntrusted,
  });
  await opened.close();
  if (json) io.stdout(`${JSON.stringify({ applied })}\n`);
  else if (applied.length === 0) io.stdout('The schema is up to date.\n');
  else io.stdout(`Applied ${applied.join(', ')}.\n`);
  return EXIT.done;
}

async function tellPlan(store: Config['store'], given: Given): Promise<number> {
  const { io, json, allowUntrusted } = given;
  const pending = await planMigrations(store, { log: silentLogger, allowUntrusted });
  if (json) io.stdout(`${JSON.stringify({ store: store.kind, pending })}\n`);
  else if (pending.length === 0) io.stdout('The schema is up to date: nothing would run.\n');
  else {
    for (const { version, name, checksum, statements, bytes } of pending) {
      io.stdout(`${version}  ${name}  ${statements} statements, ${bytes} bytes\n`);
      io.stdout(`   sha256 ${checksum}\n`);
    }
    io.stdout('Nothing was changed.\n');
  }
  return EXIT.done;
}

function sourceGiven(text: string, io: CommandIo): string {
  const [, path = ''] = /^sqlite:(.+)$/s.exec(text) ?? [];
  if (path === '') throw new UsageError('--from is sqlite:PATH.');
  return resolve(io.cwd, path);
}

/** A connection string, or the environment variable that holds it. */
function targetGiven(text: string, io: CommandIo): string {
  const [, given = ''] = /^sqlserver:(.+)$/s.exec(text) ?? [];
  if (given === '') {
    throw new UsageError('--to is sqlserver:env:NAME, or sqlserver:CONNECTIONSTRING.');
  }
  const [, plain, braced] = /^(?:env:(\w+)|\$\{env:(\w+)\})$/.exec(given) ?? [];
  const name = plain ?? braced;
  if (name === undefined) {
    if (/(?:^|;)\s*(?:password|pwd)\s*=/i.test(given)) {
      io.stderr(
        'warning: every process of this machine sees that password: name an environment ' +
          'variable instead (--to sqlserver:env:NAME), and change it.\n',
      );
    }
    return given;
  }
  const value = io.env[name];
  if (value === undefined || value === '') {
    throw new UsageError(`--to names the environment variable ${name}, which is not set.`);
  }
  return value;
}

function targetIn(store: Config['store']): string {
  if (store.kind === 'sqlserver') return store.connectionString;
  throw new UsageError(
    "The configuration's store is sqlite: name the target by --to, or make the " +
      'configuration that of the target.',
  );
}
