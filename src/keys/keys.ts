import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import type { JWK } from 'jose';
import type { Clock } from '../lib/clock.ts';
import { hmacSha256 } from '../lib/hash.ts';
import type { KeyRotationStore, KeyStore } from '../usecases/ports/key-store.ts';
import { KeysError } from './errors.ts';
import { createCipher, deriveKey } from './cipher.ts';
import { openEncryptionKeys } from './encryption-keys.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import { SIGNING_ALGORITHM, loadSigningKeys } from './signing-keys.ts';
import type { SigningKey } from './signing-keys.ts';

/** Signing purposes. Each has its own keys, so a statement is valid for one purpose only. */
const SIGNING_PURPOSES = ['checkpoints', 'receipts', 'grants'] as const;

export type SigningPurpose = (typeof SIGNING_PURPOSES)[number];

/** Purposes of encryption. */
export type EncryptionPurpose = 'stored-secrets' | 'person-keys';

/** Purposes of keyed hashes (HMAC). */
export type MacPurpose = 'wait-tokens' | 'dpop-nonces' | 'once-keys' | 'threads';

export type Statement = Readonly<Record<string, unknown>>;

/** The service's own keys, separate for each purpose, shared by all replicas through the store. */
export interface Keys {
  /** Signs a JSON payload as a compact JWS, with `typ` in the header (RFC 8725 section 3.11). */
  sign(purpose: SigningPurpose, payload: Statement, typ: string): Promise<string>;
  /** Returns the payload of a valid statement. @throws KeysError `statement_invalid`. */
  verify(purpose: SigningPurpose, jws: string, typ: string): Promise<Statement>;
  /** The public keys (RFC 7517 section 5), of one purpose or of all. */
  publicJwks(purpose?: SigningPurpose): { keys: readonly JWK[] };
  /** HMAC-SHA-256 of a text, base64url; compare with sameSecret. */
  mac(purpose: MacPurpose, text: string): string;
  encrypt(purpose: EncryptionPurpose, text: string): Promise<string>;
  /** Decrypts with any key of the purpose. @throws KeysError `ciphertext_invalid`. */
  decrypt(purpose: EncryptionPurpose, encrypted: string): Promise<string>;
  /** The name of the current key (`kid`, RFC 7516 section 4.1.6). */
  encryptionKey(purpose: EncryptionPurpose): string;
  /** Creates a new current key; older ones still decrypt. Returns its name. */
  rotate(purpose: EncryptionPurpose, store: KeyRotationStore): Promise<string>;
  /** Loads keys that other replicas created. */
  refresh(): Promise<void>;
}

const MAX_STATEMENT = 256 * 1024;

/**
 * Opens the keys of every purpose, and creates missing ones. The one secret only derives and wraps
 * keys: signing keys are random, and stored encrypted.
 *
 * @throws KeysError `signing_secret_short`, `signing_secret_wrong`, `signing_key_unusable`.
 */
export async function createKeys(parts: {
  store: KeyStore;
  secret: string;
  clock: Clock;
}): Promise<Keys> {
  const { store, secret, clock } = parts;
  const load = (purpose: SigningPurpose) => {
    const cipher = createCipher(deriveKey(secret, `wrap ${purpose}`));
    return loadSigningKeys({ purpose, store, cipher, clock });
  };
  const signing: Record<SigningPurpose, readonly [SigningKey, ...SigningKey[]]> = {
    checkpoints: await load('checkpoints'),
    receipts: await load('receipts'),
    grants: await load('grants'),
  };
  const encryption: Record<EncryptionPurpose, EncryptionKeys> = {
    'stored-secrets': await openEncryptionKeys({ purpose: 'stored-secrets', secret, store, clock }),
    'person-keys': await openEncryptionKeys({ purpose: 'person-keys', secret, store, clock }),
  };
  const macKey = (purpose: MacPurpose) => createSecretKey(deriveKey(secret, `mac ${purpose}`));
  const macKeys: Record<MacPurpose, KeyObject> = {
    'wait-tokens': macKey('wait-tokens'),
    'dpop-nonces': macKey('dpop-nonces'),
    'once-keys': macKey('once-keys'),
    threads: macKey('threads'),
  };
  return {
    sign: (purpose, payload, typ) => sign(signing[purpose], payload, typ),
    verify: (purpose, jws, typ) => verify(signing[purpose], jws, typ),
    publicJwks(purpose) {
      const purposes = purpose === undefined ? SIGNING_PURPOSES : [purpose];
      return { keys: purposes.flatMap((one) => signing[one]).map(({ publicJwk }) => publicJwk) };
    },
    mac: (purpose, text) => hmacSha256(macKeys[purpose], text),
    encrypt: (purpose, text) => encryption[purpose].encrypt(text),
    decrypt: (purpose, encrypted) => encryption[purpose].decrypt(encrypted),
    encryptionKey: (purpose) => encryption[purpose].current(),
    rotate: (purpose, into) => encryption[purpose].rotate(into),
    async refresh() {
      await Promise.all(Object.values(encryption).map((keysOfPurpose) => keysOfPurpose.reload()));
    },
  };
}

/** Signs with the newest key. */
async function sign(
  keys: readonly [SigningKey, ...SigningKey[]],
  payload: Statement,
  typ: string,
): Promise<string> {
  const newest = keys.at(-1) ?? keys[0];
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: newest.id, typ })
    .sign(newest.privateKey);
}

async function verify(keys: readonly SigningKey[], jws: string, typ: string): Promise<Statement> {
  try {
    if (jws.length > MAX_STATEMENT) throw new Error('the statement is too long');
    const { payload, protectedHeader } = await compactVerify(
      jws,
      ({ kid }) => {
        const key = keys.find(({ id }) => id === kid);
        if (key === undefined) throw new Error('no key of this purpose has this id');
        return key.publicKey;
      },
      { algorithms: [SIGNING_ALGORITHM] },
    );
    if (protectedHeader.typ !== typ) throw new Error('the statement has another typ');
    const statement: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (typeof statement === 'object' && statement !== null && !Array.isArray(statement)) {
      return statement as Statement;
    }
  } catch (cause) {
    throw new KeysError('statement_invalid', { cause });
  }
  throw new KeysError('statement_invalid');
}
