import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/problem.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError, silentLogger } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import { planMigrations } from '../store/plan-migrations.ts';
import { defineCommand, EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { readConfig } from './read-config.ts';
import { moveStore } from './migrate-from.ts';
import { configOption, environmentValue, jsonOption, profileOption } from './options.ts';

interface Given {
  readonly io: CommandIo;
  readonly json: true | undefined;
  readonly allowUntrusted: boolean;
}

/**
 * `countersign migrate`: brings the schema of the configured store up to date and ends, for an
 * identity that may change the schema where the service's own may not. `--plan` only prints what
 * would run; `--from` moves an embedded store to SQL Server.
 */
export const migrate = defineCommand({
  options: (command) =>
    command
      .addOption(configOption)
      .addOption(
        new Option('--plan', 'print which migrations would run, and change nothing').conflicts([
          'from',
          'to',
        ]),
      )
      .option(
        '--from <sqlite:path>',
        'move this embedded store to SQL Server; its service must be stopped',
        toSourcePath,
      )
      .option(
        '--to <sqlserver:target>',
        'env:NAME (a variable with the connection string) or the connection string itself ' +
          "(default: the configuration's store)",
      )
      .addOption(profileOption)
      .addOption(jsonOption),
  notes: 'An interrupted move continues when the same command runs again.',
  async run({ options, io }) {
    const { plan, from, to, profile, json } = options;
    const given: Given = { io, json, allowUntrusted: profile === 'local' };
    const configured = () => readConfig(options, io).config.store;
    if (from === undefined && to !== undefined) throw new UsageError('--to needs --from.');
    try {
      if (plan) return await printPlan(configured(), given);
      if (from === undefined) return await bringUp(configured(), given);
      const connectionString = to === undefined ? targetIn(configured()) : targetGiven(to, io);
      return await moveStore({ ...given, path: resolve(io.cwd, from), connectionString });
    } catch (error) {
      if (error instanceof UsageError || error instanceof ConfigError) throw error;
      io.stderr(`The store was not migrated: ${describeError(error)}\n`);
      return EXIT.failed;
    }
  },
});

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

async function printPlan(store: Config['store'], given: Given): Promise<number> {
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

function toSourcePath(text: string): string {
  const [, path = ''] = /^sqlite:(.+)$/s.exec(text) ?? [];
  if (path === '') throw new InvalidArgumentError('Write sqlite:PATH.');
  return path;
}

/** A connection string, or the environment variable that holds it. */
function targetGiven(text: string, io: CommandIo): string {
  const [, given = ''] = /^sqlserver:(.+)$/s.exec(text) ?? [];
  if (given === '') {
    throw new UsageError('--to must be sqlserver:env:NAME or sqlserver:CONNECTIONSTRING.');
  }
  const fromEnvironment = environmentValue(given, { option: '--to', io });
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (/(?:^|;)\s*(?:password|pwd)\s*=/i.test(given)) {
    io.stderr(
      'warning: every process of this machine can read that password. Change it, and name an ' +
        'environment variable instead (--to sqlserver:env:NAME).\n',
    );
  }
  return given;
}

function targetIn(store: Config['store']): string {
  if (store.kind === 'sqlserver') return store.connectionString;
  throw new UsageError(
    'The configured store is sqlite. Name the target with --to, or use the configuration of ' +
      'the target.',
  );
}
