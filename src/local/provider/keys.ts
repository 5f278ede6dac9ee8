/** Signing keys of the local provider: new at each start or kept in a file; rotated on demand. */
import type { JWK } from 'jose';
import { keptFile, storeFile } from '../kept-file.ts';
import { newKey } from '../signing.ts';

const KEPT_KEYS = 3;

/** Private RS256 keys, the signing one first. */
export type SigningKeys = readonly [JWK, ...JWK[]];

/** The keys in `file`, or a new one, which is stored there with mode 0600. */
export async function openKeys(file: string | undefined): Promise<SigningKeys> {
  if (file === undefined) return [await newKey()];
  const text = await keptFile(file, async () => textOf([await newKey()]));
  const { keys } = JSON.parse(text) as { keys?: unknown };
  const [current, ...older] = Array.isArray(keys) ? (keys as JWK[]) : [];
  if (!current) throw new Error(`${file} holds no signing keys; delete it to get new ones`);
  return [current, ...older];
}

/** Adds a new signing key; `drop` removes the old keys, which are otherwise still published. */
export async function rotated(options: {
  keys: SigningKeys;
  drop: boolean;
  file: string | undefined;
}): Promise<SigningKeys> {
  const older = options.drop ? [] : options.keys.slice(0, KEPT_KEYS - 1);
  const next: SigningKeys = [await newKey(), ...older];
  if (options.file !== undefined) await storeFile(options.file, textOf(next));
  return next;
}

function textOf(keys: SigningKeys): string {
  return JSON.stringify({ keys });
}
