import { sameSecret } from '../../lib/hash.ts';

const LIFE_MS = 5 * 60_000;

export type DpopNonces = ReturnType<typeof createDpopNonces>;

/**
 * Nonces for DPoP proofs (RFC 9449 8): they prevent proofs made in advance. They last five minutes
 * each and are derived from the time: equal on all replicas, never stored.
 */
export function createDpopNonces(mac: (text: string) => string) {
  const at = (turn: number) => `${turn}.${mac(`dpop-nonce ${turn}`)}`;
  const turnOf = (now: number) => Math.floor(now / LIFE_MS);
  return {
    current: (now: number) => at(turnOf(now)),
    /** Whether it is the current or the previous nonce. */
    accepts: (nonce: string, now: number) =>
      sameSecret(nonce, at(turnOf(now))) || sameSecret(nonce, at(turnOf(now) - 1)),
  };
}
