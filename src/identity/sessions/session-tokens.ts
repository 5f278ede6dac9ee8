import type { Principal } from '../../domain/people/principal.ts';
import type { StoredSecrets } from '../../usecases/ports/ports.ts';
import type { StoredSession } from '../../usecases/ports/store.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';

/** What a session is made of, as nobody sees it but us. */
export interface SessionContent {
  readonly principal: Principal;
  /** Null where the provider gave none: the session is good while its claims are. */
  readonly refreshToken: string | null;
  /** Of the sign-in that it began with. */
  readonly nonce: string;
  /** When the claims were verified (ms). */
  readonly verifiedAt: number;
}

/** Secrets whose keys are told apart, so that rows can be sealed anew after a rotation. */
export interface SessionSecrets extends StoredSecrets {
  /** Name of the key that seals now. */
  sealingKey(): string;
}

/** What the sealed text names, so that rows cannot be exchanged, put back or made to last. */
type Name = Pick<
  StoredSession,
  'id' | 'tenantId' | 'objectId' | 'provider' | 'generation' | 'createdAt'
>;

const NAMED = ['id', 'tenantId', 'objectId', 'provider', 'generation', 'createdAt'] as const;

/** Seals a session's content for its row. */
export async function sealSession(
  secrets: SessionSecrets,
  name: Name,
  content: SessionContent,
): Promise<Pick<StoredSession, 'sealed' | 'sealedWith'>> {
  const named = Object.fromEntries(NAMED.map((member) => [member, name[member]]));
  // The key is asked first: where it changes meanwhile, the row is only sealed anew once more.
  const sealedWith = secrets.sealingKey();
  return { sealed: await secrets.encrypt(JSON.stringify({ session: named, content })), sealedWith };
}

/**
 * A session's content; undefined where the text is not ours, or was sealed for another row or an
 * earlier state of this one.
 */
export async function openSession(
  secrets: StoredSecrets,
  stored: StoredSession,
): Promise<SessionContent | undefined> {
  let opened: unknown;
  try {
    opened = JSON.parse(await secrets.decrypt(stored.sealed));
  } catch (error) {
    // A store that does not answer says nothing about the text.
    if ((error as { code?: unknown } | null)?.code !== 'sealed_invalid') throw error;
    return undefined;
  }
  if (!isJsonObject(opened)) return undefined;
  const [named, content] = [own(opened, 'session'), own(opened, 'content')];
  if (!isJsonObject(named) || !isJsonObject(content)) return undefined;
  if (NAMED.some((member) => own(named, member) !== stored[member])) return undefined;
  // What only our own key can have sealed was this when it was sealed.
  return content as unknown as SessionContent;
}
