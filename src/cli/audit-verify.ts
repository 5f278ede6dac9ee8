import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKPOINT_TYPE } from '../audit/checkpoint.ts';
import { verifierOfJwks } from '../audit/checkpoint-verifier.ts';
import type { CheckpointVerifier } from '../audit/checkpoint-verifier.ts';
import { decodeHash } from '../audit/merkle.ts';
import { verifyAudit } from '../audit/verify.ts';
import type { AuditReport } from '../audit/verify.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { createKeys } from '../keys/keys.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError, jsonLogger } from '../lib/logger.ts';
import { openAuditLog } from '../store/open-audit-log.ts';
import type { AuditLog } from '../store/open-audit-log.ts';
import type { KeyStore } from '../usecases/ports/store.ts';
import { EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';

const SHOWN = 20;

const OPTIONS = {
  config: { type: 'string' },
  sqlite: { type: 'string' },
  jwks: { type: 'string' },
  origin: { type: 'string' },
  known: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Where the log is, and what its checkpoints are checked with. */
interface Target {
  readonly store: Config['store'];
  readonly origin: string | undefined;
  verifier(log: AuditLog): Promise<CheckpointVerifier>;
}

/**
 * `countersign audit verify [--config FILE | --sqlite FILE] [--jwks FILE] [--origin NAME]
 * [--known SIZE:ROOT] [--json]`: recomputes the whole audit log. Exits with 1 and the first
 * problems where it does not verify. `--jwks` checks signatures with published keys instead of the
 * configuration's secret; `--known` compares with a size and root that were kept elsewhere.
 */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const values = parse(args);
  const known = knownRoot(values.known);
  let report: AuditReport;
  try {
    report = await verify(targetOf(values, io), known);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    io.stderr(`The audit log could not be read: ${describeError(error)}\n`);
    return EXIT.failed;
  }
  if (values.json) io.stdout(`${JSON.stringify(report)}\n`);
  else describe(report, io);
  return report.ok ? EXIT.done : EXIT.failed;
}

async function verify(
  target: Target,
  known: { size: number; root: string } | undefined,
): Promise<AuditReport> {
  const log = jsonLogger({ level: 'error', now: () => systemClock.now() });
  const auditLog = await openAuditLog(target.store, { log });
  try {
    const verifyCheckpoint = await target.verifier(auditLog);
    return await verifyAudit(auditLog, {
      verifyCheckpoint,
      ...(target.origin === undefined ? {} : { origin: target.origin }),
      ...(known === undefined ? {} : { known }),
    });
  } finally {
    await auditLog.close();
  }
}

function targetOf(values: ReturnType<typeof parse>, io: CommandIo): Target {
  const jwksText = values.jwks === undefined ? undefined : readText(values.jwks, io);
  const path = values.config ?? io.env['COUNTERSIGN_CONFIG'];
  if (values.sqlite !== undefined) {
    if (jwksText === undefined) {
      throw new UsageError(
        '--sqlite needs --jwks FILE: the keys that /.well-known/jwks.json published.',
      );
    }
    const store = { kind: 'sqlite', path: existing(resolve(io.cwd, values.sqlite)) } as const;
    return { store, origin: values.origin, verifier: async () => verifierOfJwks(jwksText) };
  }
  if (path === undefined) {
    throw new UsageError('Name the log: --config FILE (or COUNTERSIGN_CONFIG), or --sqlite FILE.');
  }
  const { config } = loadConfig({
    path: resolve(io.cwd, path),
    env: io.env,
    profile: 'production',
  });
  if (config.store.kind === 'sqlite') existing(config.store.path);
  return {
    store: config.store,
    origin: values.origin ?? config.audit.origin,
    verifier: async (log) => {
      if (jwksText !== undefined) return verifierOfJwks(jwksText);
      const { secret } = config.signing;
      const keys = await createKeys({ store: keysOf(log), secret, clock: systemClock });
      return (jws) => keys.verify('checkpoints', jws, CHECKPOINT_TYPE);
    },
  };
}

/** The stored keys and no others: looking at evidence adds nothing to it. */
function keysOf(log: AuditLog): KeyStore {
  return {
    listKeys: (purpose) => log.listKeys(purpose),
    addFirstKey: () => Promise.reject(new Error('The store holds no keys: give --jwks FILE.')),
  };
}

/** A file that is not there would be made anew, and an empty log verifies. */
function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new UsageError(`There is no database at ${path}.`);
}

function readText(path: string, io: CommandIo): string {
  try {
    return readFileSync(resolve(io.cwd, path), 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${describeError(error).slice(0, 200)}`);
  }
}

function knownRoot(text: string | undefined): { size: number; root: string } | undefined {
  if (text === undefined) return undefined;
  const [, size = '', root = ''] = /^(\d{1,15}):(.{43})$/.exec(text) ?? [];
  if (decodeHash(root) === undefined) {
    throw new UsageError('--known is SIZE:ROOT, such as a checkpoint states them.');
  }
  return { size: Number(size), root };
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
    io.stderr(`${severity}: ${message} [${code}]\n`);
  }
  const more = problemCount - Math.min(problems.length, SHOWN);
  if (more > 0) io.stderr(`and ${more} more\n`);
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
