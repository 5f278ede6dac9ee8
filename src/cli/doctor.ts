import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import type { YamlSource } from '../config/yaml-source.ts';
import { probeExecutors } from '../executors/registry.ts';
import { findingsOf } from '../identity/inspect/finding.ts';
import type { Finding } from '../identity/inspect/finding.ts';
import { createKeys } from '../keys/keys.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError, silentLogger } from '../lib/logger.ts';
import { networkAdvice } from '../net/failure-advice.ts';
import { inspectStore } from '../store/inspect-store.ts';
import type { StoreInspection } from '../store/inspect-store.ts';
import type { StoredKey } from '../usecases/ports/key-store.ts';
import { checkStore } from './check-store.ts';
import { defineCommand, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { examineNetwork } from './examine-network.ts';
import { probeChannels } from './probe-channels.ts';
import { readConfig } from './read-config.ts';
import { configOption, jsonOption, profileOption, readGiven } from './options.ts';
import { bare, inspect } from './token-inspect.ts';
import { withoutTokens } from './token-report.ts';
import { plain } from './report.ts';

const MARKS = { ok: 'OK  ', warn: 'WARN', fail: 'FAIL' } as const;

/** `countersign doctor`: tests everything that the configuration names, and changes nothing. */
export const doctor = defineCommand({
  options: (command) =>
    command
      .addOption(configOption)
      .option('--token-file <file>', 'also judge the claims of a token, as the API would')
      .addOption(profileOption)
      .addOption(jsonOption),
  notes:
    "Fetches discovery and keys of every issuer, tries the sign-in client and the bot's login, " +
    'looks whether the bot is in each channel and whether each target accepts connections, and ' +
    'reads the store without changing it. Exits with 1 where something fails; warnings ' +
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
  options: Parameters<typeof readConfig>[0] & { tokenFile?: string | undefined },
  io: CommandIo,
): Promise<readonly Finding[]> {
  const { list, ok, warn, fail } = findingsOf('configuration');
  let loaded;
  try {
    loaded = readConfig(options, io);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) {
      fail(problem.rule, formatProblem(problem), `expected ${problem.expected}`);
    }
    return list;
  }
  const { config, warnings, path } = loaded;
  const { diagnoseIdentity } = await import('../identity/inspect/diagnose.ts');
  const { createDirectory } = await import('../directory/directory.ts');
  const parts = { config, clock: systemClock, log: silentLogger };
  const directory = createDirectory(parts);
  const { tokenFile } = options;
  const token = tokenFile === undefined ? undefined : bare(readGiven(tokenFile, io));
  const found = await Promise.all([
    diagnoseIdentity({ ...parts, directory }),
    token === undefined ? [] : examineToken(token, loaded),
    probeChannels(config),
    examineExecutors(config),
    examineStore(config, loaded.source),
  ]);
  ok('valid', path);
  for (const warning of warnings) {
    warn(warning.rule, formatProblem(warning), `expected ${warning.expected}`);
  }
  return [...list, ...examineNetwork(config, io), ...found.flat()];
}

/** Says where a configured claim is in the token in another shape, and whether the API takes it. */
async function examineToken(
  token: string,
  { config, source }: ReturnType<typeof readConfig>,
): Promise<readonly Finding[]> {
  const { list, ok, warn } = findingsOf('token');
  const { inspection } = await inspect(token, { config, source, as: 'api' });
  const { checks, verdict } = inspection;
  for (const { check, result, found, change } of checks) {
    if (check !== 'roles' && check !== 'claims') continue;
    const text = String(withoutTokens(found));
    if (change !== undefined) warn(check, text, String(withoutTokens(change)));
    else if (result === 'pass') ok(check, text);
  }
  if (verdict.accepted) ok('accepted', `roles ${verdict.principal.roles.join(', ') || 'none'}`);
  else warn('accepted', verdict.code, `the API refuses it: ${verdict.message}`);
  return list;
}

async function examineExecutors(config: Config): Promise<readonly Finding[]> {
  const probed = await probeExecutors({ config, clock: systemClock, log: silentLogger });
  return probed.flatMap(({ name, found, error }) => {
    const { list, ok, fail } = findingsOf(`executor ${name}`);
    if (found !== undefined) ok('reachable', found);
    else {
      const change = networkAdvice(error) ?? `check executors.${name}`;
      fail('reachable', describeError(error).slice(0, 300), change);
    }
    return list;
  });
}

async function examineStore(config: Config, source: YamlSource): Promise<readonly Finding[]> {
  const { store, profile, signing } = config;
  const { list, ok, warn, fail } = findingsOf('store');
  for (const { rule, found, expected } of await checkStore(config, source)) {
    fail(rule, found, `expected ${expected}`);
  }
  if (list.length > 0) return list;
  let inspection: StoreInspection;
  try {
    const allowUntrusted = profile === 'local';
    inspection = await inspectStore(store, { log: silentLogger, allowUntrusted });
  } catch (error) {
    if (store.kind === 'sqlite' && !existsSync(store.path)) {
      const change = 'nothing before the first start, which creates it; otherwise check store.path';
      warn('opens', `${store.path} does not exist yet`, change);
    } else {
      const change = networkAdvice(error) ?? 'do what the message says; the server did answer';
      const sqlite = 'do what the message says; the file and its folder belong to the service';
      fail('opens', describeError(error).slice(0, 300), store.kind === 'sqlite' ? sqlite : change);
    }
    return list;
  }
  try {
    const { missing } = inspection;
    ok('opens', `${store.kind}, for reading`);
    if (store.kind === 'sqlite') {
      const written = unwritable(store.path);
      const change = 'let the user of the service write the file and its folder';
      if (written === undefined) ok('writable', store.path);
      else fail('writable', written, change);
    }
    if (missing.length === 0) ok('schema', 'up to date');
    else {
      const change = 'run `countersign migrate`, or start with a login that may change the schema';
      warn('schema', `missing ${missing.join(', ')}`, change);
    }
    return [...list, ...(await examineKeys(signing.secret, inspection))];
  } finally {
    await inspection.close();
  }
}

/** Why this user cannot write the file as the service does; undefined where it can. */
function unwritable(path: string): string | undefined {
  try {
    for (const one of [path, dirname(path)]) accessSync(one, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return describeError(error).slice(0, 300);
  }
}

/** Checks that signing.secret decrypts the stored keys. Keys that a start would add stay in memory. */
async function examineKeys(
  secret: string,
  inspection: StoreInspection,
): Promise<readonly Finding[]> {
  const { list, ok, fail } = findingsOf('keys');
  const added: StoredKey[] = [];
  const store = {
    listKeys: async (purpose: string) => [
      ...(await inspection.listKeys(purpose)),
      ...added.filter((key) => key.purpose === purpose),
    ],
    addFirstKey: async (key: StoredKey) => added.push(key) > 0,
  };
  try {
    const keys = await createKeys({ store, secret, clock: systemClock });
    const count = keys.publicJwks().keys.length - added.length;
    const more = added.length === 0 ? '' : `; the next start adds ${added.length}`;
    ok('open', `${count} signing keys decrypted${more}`);
  } catch (error) {
    const change = 'use the signing.secret that encrypted these keys';
    fail('open', describeError(error).slice(0, 300), change);
  }
  return list;
}

function lineOf({ part, check, result, found, change }: Finding): string {
  const head = `${MARKS[result]}  ${`${part}: ${check}`.padEnd(36)} ${plain(found)}\n`;
  return change === undefined ? head : `${head}${' '.repeat(43)}→ ${plain(change)}\n`;
}
