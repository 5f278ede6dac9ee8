import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CHECKPOINT_TYPE, verifierOfJwks } from '../audit/checkpoint-verifier.ts';
import type { CheckpointVerifier } from '../audit/checkpoint-verifier.ts';
import { verifyAudit } from '../audit/verify.ts';
import type { AuditReport } from '../audit/verify.ts';
import type { Witness } from '../audit/witness.ts';
import { openWitness } from '../compose/open-witness.ts';
import type { Config } from '../config/config.ts';
import { createKeys } from '../keys/keys.ts';
import type { Keys } from '../keys/keys.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/logger.ts';
import { jsonLogger } from '../telemetry/json-logger.ts';
import { openAuditLog } from '../store/open-audit-log.ts';
import type { AuditLog } from '../store/open-audit-log.ts';
import type { KeyStore } from '../usecases/ports/key-store.ts';
import { defineCommand, EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { readConfig } from './read-config.ts';
import { knownOption, readKnown } from './known-checkpoints.ts';
import type { KnownOption } from './known-checkpoints.ts';
import { configOption, environmentValue, jsonOption, readGiven } from './options.ts';
import { plain } from './report.ts';

const SHOWN = 20;

/** Where the log is, and which keys verify its checkpoints. */
interface LogSource {
  readonly store: Config['store'];
  readonly origin: string | undefined;
  readonly witness: Witness | undefined;
  verifier(log: AuditLog): Promise<CheckpointVerifier>;
}

/** `countersign audit verify`: recomputes the whole audit log and compares it with its checkpoints. */
export const auditVerify = defineCommand({
  options: (command) =>
    command
      .addOption(configOption)
      .option('--sqlite <file>', 'a database without a configuration; needs --jwks')
      .option(
        '--sqlserver <env:name>',
        'the same for SQL Server: a variable with the connection string; needs --jwks',
      )
      .option(
        '--jwks <file>',
        "published keys to check signatures with (default: the configuration's signing.secret)",
      )
      .option('--origin <name>', 'name of the log in every checkpoint (default: audit.origin)')
      .option(
        '--known <known>',
        'what was kept elsewhere: a checkpoint, SIZE:ROOT, or a file with one on each line',
      )
      .addOption(jsonOption),
  notes: 'Exits with 1 where the log does not verify or cannot be read.',
  async run({ options, io }) {
    const source = logSourceOf(options, io);
    const known = options.known === undefined ? undefined : knownOption(options.known, io);
    let report: AuditReport;
    try {
      report = await verify(source, known);
    } catch (error) {
      io.stderr(`The audit log could not be read: ${describeError(error)}\n`);
      return EXIT.failed;
    }
    if (options.json) io.stdout(`${JSON.stringify(report)}\n`);
    else describe(report, io);
    return report.ok ? EXIT.done : EXIT.failed;
  },
});

async function verify(
  { store, origin, witness, verifier }: LogSource,
  option: KnownOption | undefined,
): Promise<AuditReport> {
  const log = jsonLogger({ level: 'error', now: () => systemClock.now() });
  const auditLog = await openAuditLog(store, { log });
  try {
    const verifyCheckpoint = await verifier(auditLog);
    const given = { verifyCheckpoint, origin };
    const { roots, problems } = await readKnown({ option, witness }, given);
    return await verifyAudit(auditLog, { ...given, known: roots, found: problems });
  } finally {
    await auditLog.close();
  }
}

interface Given {
  readonly config?: string;
  readonly sqlite?: string;
  readonly sqlserver?: string;
  readonly jwks?: string;
  readonly origin?: string;
}

function logSourceOf(values: Given, io: CommandIo): LogSource {
  const jwksText = values.jwks === undefined ? undefined : readGiven(values.jwks, io);
  const published = jwksText === undefined ? undefined : async () => verifierOfJwks(jwksText);
  const store = storeOf(values, io);
  if (store !== undefined) {
    if (published !== undefined) {
      return { store, origin: values.origin, witness: undefined, verifier: published };
    }
    throw new UsageError(
      'Without a configuration --jwks <file> is needed: the keys that ' +
        '/.well-known/jwks.json published.',
    );
  }
  requireConfig(values, io);
  const { config } = readConfig(values, io);
  if (config.store.kind === 'sqlite') existing(config.store.path);
  const ofSecret = async (log: AuditLog): Promise<CheckpointVerifier> => {
    const keys = await storedKeys(log, config.signing.secret);
    return (jws) => keys.verify('checkpoints', jws, CHECKPOINT_TYPE);
  };
  return {
    store: config.store,
    origin: values.origin ?? config.audit.origin,
    witness: config.audit.witness && openWitness(config.audit.witness, config.server),
    verifier: published ?? ofSecret,
  };
}

/** The store of a log to read: named by itself, or the configured one. */
export function logStoreOf(values: Given, io: CommandIo): Config['store'] {
  const named = storeOf(values, io);
  if (named !== undefined) return named;
  requireConfig(values, io);
  const { store } = readConfig(values, io).config;
  if (store.kind === 'sqlite') existing(store.path);
  return store;
}

function requireConfig({ config }: Given, io: CommandIo): void {
  if ((config ?? io.env.COUNTERSIGN_CONFIG) !== undefined) return;
  throw new UsageError('Name the log: --config (or COUNTERSIGN_CONFIG), --sqlite or --sqlserver.');
}

/** The store that is named without a configuration: no secret of the service is needed. */
function storeOf({ sqlite, sqlserver }: Given, io: CommandIo): Config['store'] | undefined {
  if (sqlite !== undefined) return { kind: 'sqlite', path: existing(resolve(io.cwd, sqlite)) };
  if (sqlserver === undefined) return undefined;
  const connectionString = environmentValue(sqlserver, { option: '--sqlserver', io });
  if (connectionString !== undefined) return { kind: 'sqlserver', connectionString };
  throw new UsageError('--sqlserver must be env:NAME, a variable with the connection string.');
}

/** The stored keys, read-only: whoever looks must not add a key. */
export function storedKeys(log: AuditLog, secret: string): Promise<Keys> {
  const store: KeyStore = {
    listKeys: (purpose) => log.listKeys(purpose),
    addFirstKey: () => Promise.reject(new Error('The store holds no keys: use --jwks <file>.')),
  };
  return createKeys({ store, secret, clock: systemClock });
}

/** SQLite creates a missing file, and an empty log verifies: so check that the file exists. */
function existing(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new UsageError(`${path} is a folder: name the database in it.`);
  if (found !== undefined) return path;
  throw new UsageError(`There is no database at ${path}.`);
}

function describe(report: AuditReport, io: CommandIo): void {
  const { ok, size, root, checkpoints, problems, problemCount } = report;
  if (ok) {
    io.stdout(`The audit log verifies: ${size} events, ${checkpoints} checkpoints.\n`);
    io.stdout(`Root at size ${size}: ${root}\n`);
  } else {
    io.stderr(`The audit log does NOT verify (${size} events, ${checkpoints} checkpoints).\n`);
  }
  for (const { severity, code, message } of problems.slice(0, SHOWN)) {
    io.stderr(`${severity}: ${plain(message)} [${code}]\n`);
  }
  const more = problemCount - Math.min(problems.length, SHOWN);
  if (more > 0) io.stderr(`and ${more} more\n`);
}
