import { sha256 } from '../../lib/hash.ts';
import type { StoredSecrets } from '../../usecases/ports/stored-secrets.ts';
import type { SignInAttempt, SignInLink } from '../../usecases/ports/sign-in-store.ts';
import { identityError } from '../codes.ts';
import type { SessionContent } from '../sessions/session-tokens.ts';
import type { AttemptSecrets } from './sign-in-client.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/**
 * Decrypts the secrets of an attempt. They include the id of their link, so that rows cannot be
 * swapped in the database.
 *
 * @throws IdentityError `sign_in_unknown`.
 */
export async function readEncryptedAttempt(
  secrets: StoredSecrets,
  attempt: SignInLink & SignInAttempt,
): Promise<AttemptSecrets> {
  const opened = await open(secrets, attempt.verifier, attempt.id);
  const [state, nonce, verifier] = ['state', 'nonce', 'verifier'].map((name) => own(opened, name));
  const texts =
    typeof state === 'string' && typeof nonce === 'string' && typeof verifier === 'string';
  if (!texts || sha256(state) !== attempt.state || sha256(nonce) !== attempt.nonce) {
    throw identityError('sign_in_unknown');
  }
  return { state, nonce, verifier };
}

/** The result of a sign-in, stored until its person sends the code. */
export interface Parked extends SessionContent {
  readonly link: string;
}

/** Encrypts a sign-in's result. */
export function encryptParked(secrets: StoredSecrets, parked: Parked): Promise<string> {
  return secrets.encrypt(JSON.stringify(parked));
}

/** The result of the sign-in for this link. @throws IdentityError `sign_in_unknown`. */
export async function readParked(
  secrets: StoredSecrets,
  parked: SignInLink & { readonly identity: string },
): Promise<SessionContent> {
  const opened = await open(secrets, parked.identity, parked.id);
  if (!isJsonObject(own(opened, 'principal'))) throw identityError('sign_in_unknown');
  // Only our key can have encrypted it, so its shape is known.
  return opened as unknown as Parked;
}

async function open(secrets: StoredSecrets, encrypted: string, link: string): Promise<JsonObject> {
  let opened: unknown;
  try {
    opened = JSON.parse(await secrets.decrypt(encrypted));
  } catch (cause) {
    throw identityError('sign_in_unknown', { cause });
  }
  if (!isJsonObject(opened) || own(opened, 'link') !== link) throw identityError('sign_in_unknown');
  return opened;
}
