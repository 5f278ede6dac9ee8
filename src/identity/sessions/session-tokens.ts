import type { Principal } from '../../domain/people/principal.ts';
import type { StoredSecrets } from '../../usecases/ports/stored-secrets.ts';
import type { StoredSession } from '../../usecases/ports/session-store.ts';
import { encryptForRow, openRow } from '../row-secrets.ts';

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

/** The members that name a row, so that rows cannot be swapped, restored or prolonged. */
type Named = Pick<
  StoredSession,
  'id' | 'tenantId' | 'objectId' | 'provider' | 'generation' | 'createdAt'
>;

/** Encrypts a session's content for its row. */
export async function encryptSession(
  secrets: SessionSecrets,
  session: Named,
  content: SessionContent,
): Promise<Pick<StoredSession, 'encrypted' | 'encryptedWith'>> {
  // Read the key name first: if the key changes meanwhile, the row is only re-encrypted once more.
  const encryptedWith = secrets.encryptionKey();
  return { encrypted: await encryptForRow(secrets, nameOf(session), content), encryptedWith };
}

/**
 * Decrypts a session's content. Undefined where the ciphertext is not ours, or belongs to another
 * row or an earlier state of this one.
 */
export function openSession(
  secrets: StoredSecrets,
  stored: StoredSession,
): Promise<SessionContent | undefined> {
  return openRow(secrets, nameOf(stored), stored.encrypted);
}

function nameOf({ id, tenantId, objectId, provider, generation, createdAt }: Named) {
  return { id, tenantId, objectId, provider, generation, createdAt };
}
