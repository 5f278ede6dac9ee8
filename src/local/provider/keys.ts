/** Signing keys of the local provider: new at each start or kept in a file; rotated on demand. */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  SignJWT,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { defined } from '../loopback.ts';
import type { ForgeOptions } from './types.ts';

const KEPT_KEYS = 3;

/** Private RS256 keys, the signing one first. */
export interface SigningKeys {
  readonly keys: readonly JWK[];
}

/** The keys in `file`, or a new one, which is stored there with mode 0600. */
export async function openKeys(file: string | undefined): Promise<SigningKeys> {
  const kept = file === undefined ? undefined : await readKeys(file);
  if (kept !== undefined) return kept;
  const fresh = { keys: [await newKey()] };
  await keepKeys(file, fresh);
  return fresh;
}

/** Adds a new signing key; `drop` removes the old keys, which are otherwise still published. */
export async function rotated(options: {
  keys: SigningKeys;
  drop: boolean;
  file: string | undefined;
}): Promise<SigningKeys> {
  const older = options.drop ? [] : options.keys.keys.slice(0, KEPT_KEYS - 1);
  const next = { keys: [await newKey(), ...older] };
  await keepKeys(options.file, next);
  return next;
}

/** Signs any claims with the current or a given key (RFC 7515), without checks. */
export async function forge(keys: SigningKeys, options: ForgeOptions): Promise<string> {
  const current = keys.keys[0];
  if (current === undefined) throw new Error('the provider has no signing key');
  const header: Record<string, unknown> = {
    alg: 'RS256',
    typ: 'JWT',
    kid: current.kid,
    ...options.header,
  };
  const key = options.key ?? (await importJWK(current, 'RS256'));
  return new SignJWT(defined(options.claims))
    .setProtectedHeader({ ...defined(header), alg: String(header.alg) })
    .sign(key);
}

async function newKey(): Promise<JWK> {
  const pair = await generateKeyPair('RS256', { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(pair.privateKey);
  return { ...jwk, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

async function readKeys(file: string): Promise<SigningKeys | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = JSON.parse(text) as Partial<SigningKeys>;
  if (!Array.isArray(parsed.keys) || parsed.keys.length === 0) {
    throw new Error(`${file} holds no signing keys; delete it to get new ones`);
  }
  return { keys: parsed.keys };
}

async function keepKeys(file: string | undefined, keys: SigningKeys): Promise<void> {
  if (file === undefined) return;
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  await writeFile(draft, JSON.stringify(keys), { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
}
