import type { AuditStore } from '../usecases/ports/audit-store.ts';
import { longestOf, readKept } from './kept-checkpoints.ts';
import type { KeptCheckpoint } from './kept-checkpoints.ts';
import type { CheckpointVerifier } from './checkpoint-verifier.ts';
import type { Witness } from './witness.ts';

/** Some 150 checkpoints: the newest is what counts. */
const TAIL_BYTES = 64 * 1024;

/** The log is not the one that its witness knows. */
export class WitnessDiffers extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WitnessDiffers';
  }
}

export interface WitnessedLog {
  readonly store: Pick<AuditStore, 'treeSize' | 'listCheckpoints'>;
  readonly witness: Witness;
  readonly verifyCheckpoint: CheckpointVerifier;
  readonly origin: string;
}

/** What the witness says of the log. */
export interface WitnessFinding {
  /** Its longest checkpoint of this log; undefined before the first. */
  readonly longest: KeptCheckpoint | undefined;
  /** Lines that are no checkpoint of this log: they do not count. */
  readonly unverified: number;
  /** How the log differs from it; null where it continues it. */
  readonly differs: string | null;
}

/** Compares the log with the longest checkpoint of its witness, without reading the events. */
export async function askWitness(log: WitnessedLog): Promise<WitnessFinding> {
  const { store, witness } = log;
  const kept = await readKept(await witness.read({ maxBytes: TAIL_BYTES }), log);
  const { unverified } = kept;
  const longest = longestOf(kept);
  if (longest === undefined) return { longest, unverified, differs: null };
  const size = await store.treeSize();
  if (size < longest.size) {
    const differs = `the log has ${size} leaves, its witness ${witness.name} knows ${longest.size}`;
    return { longest, unverified, differs };
  }
  const [row] =
    longest.size === 0 ? [] : await store.listCheckpoints({ from: longest.size, limit: 1 });
  const same = longest.size === 0 || (row?.size === longest.size && row.root === longest.root);
  const differs = `at ${longest.size} leaves the log is not the one that ${witness.name} knows`;
  return { longest, unverified, differs: same ? null : differs };
}

/** The error of a log that differs from its witness. */
export function witnessDiffers(differs: string): WitnessDiffers {
  return new WitnessDiffers(
    `${differs}. Its end was cut off, or a backup was restored: find out which. After a restore, ` +
      'countersign audit accept --reason records it and lets the service start.',
  );
}
