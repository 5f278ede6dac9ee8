import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { longestOf, readKept, toKnownRoot } from '../audit/kept-checkpoints.ts';
import type { KeptCheckpoints } from '../audit/kept-checkpoints.ts';
import type { CheckpointVerifier } from '../audit/checkpoint-verifier.ts';
import type { KnownRoot } from '../audit/verify.ts';
import type { AuditProblem } from '../audit/notes.ts';
import type { Witness } from '../audit/witness.ts';
import { describeError } from '../lib/logger.ts';
import { isJsonObject } from '../lib/strict-json.ts';
import { UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { readGiven } from './options.ts';
import { plain } from './report.ts';

/** The newest part of a witness file, some 160,000 checkpoints. */
const MAX_BYTES = 64 * 1024 * 1024;

/** What was kept outside the store, and what was found on reading it. */
export interface Known {
  readonly roots: readonly KnownRoot[];
  readonly problems: readonly AuditProblem[];
}

interface Given {
  readonly verifyCheckpoint: CheckpointVerifier;
  readonly origin: string | undefined;
}

/** What `--known` names: SIZE:ROOT, a checkpoint (JWS), or a file with one of these on each line. */
export type KnownOption = { readonly lines: readonly string[]; readonly from: string };

/** @throws UsageError where the text is neither a checkpoint nor a file. */
export function knownOption(text: string, io: CommandIo): KnownOption {
  if (toKnownRoot(text) !== undefined || /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) {
    if (!existsSync(resolve(io.cwd, text))) return { lines: [text], from: '--known' };
  }
  if (!existsSync(resolve(io.cwd, text))) {
    throw new UsageError('--known is SIZE:ROOT, a checkpoint (a JWS), or a file with these.');
  }
  const content = readGiven(text, io);
  return {
    lines: content.trimStart().startsWith('{') ? [jwsIn(content)] : content.split('\n'),
    from: text,
  };
}

/** The answer of GET /v1/audit/checkpoint, kept as it came. */
function jwsIn(content: string): string {
  try {
    const answer: unknown = JSON.parse(content);
    if (isJsonObject(answer) && typeof answer['jws'] === 'string') return answer['jws'];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError('--known names a JSON file without the member "jws".');
}

/** Reads what `--known` and the configured witness say. */
export async function readKnown(
  named: {
    readonly option?: KnownOption | undefined;
    readonly witness?: Witness | undefined;
  },
  given: Given,
): Promise<Known> {
  const roots: KnownRoot[] = [];
  const problems: AuditProblem[] = [];
  if (named.option !== undefined) {
    const { lines, from } = named.option;
    const kept = await readKept(lines, { ...given, trusted: true });
    roots.push(...kept.checkpoints.map((one) => ({ ...one, from })));
    problems.push(...problemsOf(kept, from, { needed: true }));
  }
  if (named.witness !== undefined) {
    const { witness } = named;
    const from = `the witness ${witness.name}`;
    try {
      const kept = await readKept(await witness.read({ maxBytes: MAX_BYTES }), given);
      roots.push(...kept.checkpoints.map((one) => ({ ...one, from })));
      problems.push(...problemsOf(kept, from, { needed: false }));
    } catch (error) {
      const message = `${from} was not read: ${plain(describeError(error))}`;
      problems.push({ code: 'witness_unread', severity: 'error', message, at: null });
    }
  }
  return { roots, problems };
}

function problemsOf(
  kept: KeptCheckpoints,
  from: string,
  { needed }: { needed: boolean },
): readonly AuditProblem[] {
  const problems: AuditProblem[] = kept.restores.map(({ size }) => ({
    code: 'restore_accepted',
    severity: 'warning',
    message: `${from} says that a restore to ${size} leaves was accepted`,
    at: size,
  }));
  const nothing = needed && longestOf(kept) === undefined;
  if (kept.unverified > 0 || nothing) {
    const message = `${kept.unverified} lines of ${from} are no checkpoint of this log`;
    const severity = nothing ? 'error' : 'warning';
    problems.push({ code: 'known_unverified', severity, message, at: null });
  }
  return problems;
}
