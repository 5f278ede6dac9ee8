import { isJsonObject } from '../lib/strict-json.ts';
import type { JsonObject } from '../lib/strict-json.ts';
import { decodeHash } from './merkle.ts';

/** A size and root that a checkpoint of this log states. */
export interface KeptCheckpoint {
  readonly size: number;
  readonly root: string;
}

/** Checkpoints that were kept outside the store. */
export interface KeptCheckpoints {
  readonly checkpoints: readonly KeptCheckpoint[];
  /** Accepted restores (`countersign audit accept`); what stood before the last one does not count. */
  readonly restores: readonly KeptCheckpoint[];
  /** How many lines are no checkpoint of this log. */
  readonly unverified: number;
}

/**
 * Reads checkpoints, one a line: a compact JWS, or SIZE:ROOT where `trusted` says that the lines need
 * no signature. A JWS counts only where it verifies under the keys and names the origin, because a
 * stranger who can write the lines must not stop the service. Without `origin` every origin counts.
 */
export async function readKept(
  lines: readonly string[],
  given: {
    readonly verifyCheckpoint: (jws: string) => Promise<JsonObject>;
    readonly origin: string | undefined;
    readonly trusted?: boolean;
  },
): Promise<KeptCheckpoints> {
  let checkpoints: KeptCheckpoint[] = [];
  const restores: KeptCheckpoint[] = [];
  let unverified = 0;
  for (const line of lines.map((text) => text.trim()).filter((text) => text !== '')) {
    const noted = given.trusted ? toKnownRoot(line) : undefined;
    const statement = noted ?? (await statementOf(line, given));
    if (statement === undefined) {
      unverified += 1;
      continue;
    }
    const { size, root } = statement;
    const { replaces } = statement;
    if (replaces !== undefined) {
      const longest = longestOf({ checkpoints });
      // A copy of an earlier statement, appended again, replaces nothing.
      if (longest !== undefined && !isSame(longest, replaces)) {
        unverified += 1;
        continue;
      }
      restores.push({ size, root });
      checkpoints = [];
    }
    checkpoints.push({ size, root });
  }
  return { checkpoints, restores, unverified };
}

/** The longest of kept checkpoints; of equals the last. */
export function longestOf(kept: Pick<KeptCheckpoints, 'checkpoints'>): KeptCheckpoint | undefined {
  return kept.checkpoints.reduce<KeptCheckpoint | undefined>(
    (longest, one) => (longest !== undefined && longest.size > one.size ? longest : one),
    undefined,
  );
}

type Statement = KeptCheckpoint & { readonly replaces?: JsonObject | undefined };

function isSame({ size, root }: KeptCheckpoint, replaces: JsonObject): boolean {
  return size === replaces['size'] && root === replaces['root'];
}

/** SIZE:ROOT, as `audit verify` prints both; undefined for any other text. */
export function toKnownRoot(text: string): Statement | undefined {
  const [, size = '', root = ''] = /^(\d{1,15}):(.{43})$/.exec(text) ?? [];
  return decodeHash(root) === undefined ? undefined : { size: Number(size), root };
}

async function statementOf(
  jws: string,
  { verifyCheckpoint, origin }: Parameters<typeof readKept>[1],
): Promise<Statement | undefined> {
  let signed: JsonObject;
  try {
    signed = await verifyCheckpoint(jws);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
  const { size, root, replaces } = signed;
  if (origin !== undefined && signed['origin'] !== origin) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  if (typeof root !== 'string' || decodeHash(root) === undefined) return undefined;
  return { size, root, replaces: isJsonObject(replaces) ? replaces : undefined };
}
