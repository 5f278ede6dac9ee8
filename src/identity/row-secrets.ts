import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, own } from '../lib/strict-json.ts';
import type { StoredSecrets } from '../usecases/ports/stored-secrets.ts';

/** The members that name a row. They are inside its ciphertext, so that rows cannot be swapped. */
type RowName = Readonly<Record<string, string | number>>;

/** Encrypts the content of one row. */
export function encryptForRow(
  secrets: StoredSecrets,
  row: RowName,
  content: object,
): Promise<string> {
  return secrets.encrypt(JSON.stringify({ row, content }));
}

/**
 * Decrypts the content of a row. Undefined where the ciphertext is not ours or belongs to another
 * row. Only our key can have encrypted it, so the shape of the content is known.
 */
export async function openRow<Content>(
  secrets: StoredSecrets,
  row: RowName,
  encrypted: string,
): Promise<Content | undefined> {
  let opened: unknown;
  try {
    opened = JSON.parse(await secrets.decrypt(encrypted));
  } catch (error) {
    // A store failure says nothing about the ciphertext.
    if ((error as { code?: unknown } | null)?.code !== 'ciphertext_invalid') throw error;
    return undefined;
  }
  if (!isJsonObject(opened) || !isDeepStrictEqual(own(opened, 'row'), row)) return undefined;
  return own(opened, 'content') as Content;
}
