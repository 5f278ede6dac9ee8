import { compactVerify, createLocalJWKSet } from 'jose';
import type { JSONWebKeySet } from 'jose';
import { CHECKPOINT_TYPE } from './checkpoint.ts';

const ALGORITHMS = ['ES256'];

/** Gives a checkpoint's payload where its signature and type hold; throws otherwise. */
export type CheckpointVerifier = (jws: string) => Promise<Readonly<Record<string, unknown>>>;

/**
 * Checks checkpoints with published keys alone (the service's `/.well-known/jwks.json`, kept
 * earlier), so that somebody who trusts neither database nor service can verify the log.
 *
 * @throws TypeError where the text is no JWK set (RFC 7517 section 5).
 */
export function verifierOfJwks(text: string): CheckpointVerifier {
  const jwks = JSON.parse(text) as JSONWebKeySet | null;
  if (!Array.isArray(jwks?.keys)) throw new TypeError('no JWK set: "keys" is missing');
  const keyOf = createLocalJWKSet(jwks);
  return async (jws) => {
    const checked = await compactVerify(jws, keyOf, { algorithms: ALGORITHMS });
    const { payload, protectedHeader } = checked;
    if (protectedHeader.typ !== CHECKPOINT_TYPE) throw new Error('a statement of another type');
    return JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
  };
}
