import type { Config } from '../config/config.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import type { Finding } from '../identity/inspect/finding.ts';
import { createKeys } from '../keys/keys.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError, silentLogger } from '../lib/logger.ts';
import { inspectStore } from '../store/inspect-store.ts';
import type { StoreInspection } from '../store/inspect-store.ts';
import type { StoredKey } from '../usecases/ports/key-store.ts';
import { defineCommand, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { readConfig } from './read-config.ts';
import { configOption, jsonOption, profileOption } from './options.ts';
import { plain } from './report.ts';

const MARKS = { ok: 'OK  ', warn: 'WARN', fail: 'FAIL' } as const;

/** `countersign doctor`: tests everything that the configuration names, and changes nothing. */
export const doctor = defineCommand({
  options: (command) =>
    command.addOption(configOption).addOption(profileOption).addOption(jsonOption),
  notes:
    "Fetches discovery and keys of every issuer, tries the sign-in client and the bot's login, " +
    'and reads the store without changing it. Exits with 1 where something fails; warnings ' +
    'alone exit with 0.',
  async run({ options, io }) {
    const { json } = options;
    const findings = await examine(options, io);
    const failed = findings.filter(({ result }) => result === 'fail').length;
    const warned = findings.filter(({ result }) => result === 'warn').length;
    if (json) io.stdout(`${JSON.stringify({ ok: failed === 0, failed, warned, findings })}\n`);
    else {
      io.stdout(findings.map(lineOf).join(''));
      io.stdout(`${findings.length} checks: ${failed} failed, ${warned} with a warning.\n`);
    }
    return failed === 0 ? EXIT.done : EXIT.failed;
  },
});

async function examine(
  options: Parameters<typeof readConfig>[0],
  io: CommandIo,
): Promise<readonly Finding[]> {
  let loaded;
  try {
    loaded = readConfig(options, io);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => ({
      part: 'configuration',
      check: problem.rule,
      result: 'fail' as const,
      found: formatProblem(problem),
      change: `expected ${problem.expected}`,
    }));
  }
  const { config, warnings, path } = loaded;
  const { diagnoseIdentity } = await import('../identity/inspect/diagnose.ts');
  const { createDirectory } = await import('../directory/directory.ts');
  const parts = { config, clock: systemClock, log: silentLogger };
  const directory = createDirectory(parts);
  const [identity, store] = await Promise.all([
    diagnoseIdentity({ ...parts, directory }),
    examineStore(config),
  ]);
  return [
    { part: 'configuration', check: 'valid', result: 'ok', found: path },
    ...warnings.map((warning): Finding => ({
      part: 'configuration',
      check: warning.rule,
      result: 'warn',
      found: formatProblem(warning),
      change: `expected ${warning.expected}`,
    })),
    ...identity,
    ...store,
  ];
}

async function examineStore(config: Config): Promise<readonly Finding[]> {
  const part = 'store';
  let inspection: StoreInspection;
  try {
    const allowUntrusted = config.profile === 'local';
    inspection = await inspectStore(config.store, { log: silentLogger, allowUntrusted });
  } catch (error) {
    const fresh = config.store.kind === 'sqlite' && !(await exists(config.store.path));
    return [
      fresh
        ? {
            part,
            check: 'opens',
            result: 'warn',
            found: `${config.store.path} does not exist yet`,
            change: 'nothing before the first start, which creates it; otherwise check store.path',
          }
        : {
            part,
            check: 'opens',
            result: 'fail',
            found: describeError(error).slice(0, 300),
            change: "check store, the login's permissions, and that the server can be reached",
          },
    ];
  }
  try {
    const { missing } = inspection;
    return [
      { part, check: 'opens', result: 'ok', found: `${config.store.kind}, for reading` },
      missing.length === 0
        ? { part, check: 'schema', result: 'ok', found: 'up to date' }
        : {
            part,
            check: 'schema',
            result: 'warn',
            found: `missing ${missing.join(', ')}`,
            change: 'run `countersign migrate`, or start with a login that may change the schema',
          },
      await examineKeys(config, inspection),
    ];
  } finally {
    await inspection.close();
  }
}

/** Checks that signing.secret decrypts the stored keys. Keys that a start would add stay in memory. */
async function examineKeys(config: Config, inspection: StoreInspection): Promise<Finding> {
  const added: StoredKey[] = [];
  const store = {
    listKeys: async (purpose: string) => [
      ...(await inspection.listKeys(purpose)),
      ...added.filter((key) => key.purpose === purpose),
    ],
    addFirstKey: async (key: StoredKey) => added.push(key) > 0,
  };
  try {
    const keys = await createKeys({ store, secret: config.signing.secret, clock: systemClock });
    const count = keys.publicJwks().keys.length - added.length;
    const more = added.length === 0 ? '' : `; the next start adds ${added.length}`;
    return {
      part: 'keys',
      check: 'open',
      result: 'ok',
      found: `${count} signing keys decrypted${more}`,
    };
  } catch (error) {
    return {
      part: 'keys',
      check: 'open',
      result: 'fail',
      found: describeError(error).slice(0, 300),
      change: 'use the signing.secret that encrypted these keys',
    };
  }
}

async function exists(path: string): Promise<boolean> {
  const { access } = await import('node:fs/promises');
  return access(path).then(
    () => true,
    () => false,
  );
}

function lineOf({ part, check, result, found, change }: Finding): string {
  const head = `${MARKS[result]}  ${`${part}: ${check}`.padEnd(36)} ${plain(found)}\n`;
  return change === undefined ? head : `${head}${' '.repeat(43)}→ ${plain(change)}\n`;
}
