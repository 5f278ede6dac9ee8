import type { Principal } from '../../domain/people/principal.ts';
import type { StoredSecrets } from '../../usecases/ports/stored-secrets.ts';
import type { StoredSession } from '../../usecases/ports/session-store.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';

/** The content of a session, stored encrypted. */
export interface SessionContent {
  readonly principal: Principal;
  /** Null if the provider issues none: the session lasts while its claims are fresh. */
  readonly refreshToken: string | null;
  /** The nonce of the sign-in. */
  readonly nonce: string;
  /** When the claims were verified (ms). */
  readonly verifiedAt: number;
}

/** Encryption with named keys, so that rows can be re-encrypted after a rotation. */
export interface SessionSecrets extends StoredSecrets {
  /** Name of the key that encrypts now. */
  encryptionKey(): string;
}

/**
 * Members of the row inside the ciphertext, so that rows cannot be swapped, restored or prolonged.
 */
type Name = Pick<
  StoredSession,
  'id' | 'tenantId' | 'objectId' | 'provider' | 'generation' | 'createdAt'
>;

const NAMED = ['id', 'tenantId', 'objectId', 'provider', 'generation', 'createdAt'] as const;

/** Encrypts a session's content for its row. */
export async function encryptSession(
  secrets: SessionSecrets,
  name: Name,
  content: SessionContent,
): Promise<Pick<StoredSession, 'encrypted' | 'encryptedWith'>> {
  const named = Object.fromEntries(NAMED.map((member) => [member, name[member]]));
  // Read the key name first: if the key changes meanwhile, the row is only re-encrypted once more.
  const encryptedWith = secrets.encryptionKey();
  return {
    encrypted: await secrets.encrypt(JSON.stringify({ session: named, content })),
    encryptedWith,
  };
}

/**
 * Decrypts a session's content. Undefined where the ciphertext is not ours, or belongs to another
 * row or an earlier state of this one.
 */
export async function openSession(
  secrets: StoredSecrets,
  stored: StoredSession,
): Promise<SessionContent | undefined> {
  let opened: unknown;
  try {
    opened = JSON.parse(await secrets.decrypt(stored.encrypted));
  } catch (error) {
    // A store failure says nothing about the ciphertext.
    if ((error as { code?: unknown } | null)?.code !== 'ciphertext_invalid') throw error;
    return undefined;
  }
  if (!isJsonObject(opened)) return undefined;
  const [named, content] = [own(opened, 'session'), own(opened, 'content')];
  if (!isJsonObject(named) || !isJsonObject(content)) return undefined;
  if (NAMED.some((member) => own(named, member) !== stored[member])) return undefined;
  // Only our key can have encrypted it, so its shape is known.
  return content as unknown as SessionContent;
}
