import { compactVerify, createLocalJWKSet } from 'jose';
import type { JSONWebKeySet } from 'jose';

/** The `typ` of a checkpoint's JWS: no other statement of the service is valid as a checkpoint. */
export const CHECKPOINT_TYPE = 'countersign-checkpoint+jwt';

const ALGORITHMS = ['ES256'];

/** Returns the payload of a checkpoint with a valid signature and `typ`; throws otherwise. */
export type CheckpointVerifier = (jws: string) => Promise<Readonly<Record<string, unknown>>>;

/**
 * Verifies checkpoints with an earlier copy of the published keys (`/.well-known/jwks.json`). This
 * needs no trust in the database or the service.
 *
 * @throws TypeError if the text is not a JWK set (RFC 7517 section 5).
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
