import { sameSecret } from '../../lib/hash.ts';

const LIFE_MS = 5 * 60_000;

/** Nonces that DPoP proofs must carry (RFC 9449 8): a proof cannot be made for later use. */
export interface DpopNonces {
  /** The nonce that a proof made now carries. */
  current(now: number): string;
  /** Whether it is the current one, or the one before it. */
  accepts(nonce: string, now: number): boolean;
}

/** Nonces of five minutes each, the same on all replicas and stored on none. */
export function createDpopNonces(mac: (text: string) => string): DpopNonces {
  const at = (turn: number) => `${turn}.${mac(`dpop-nonce ${turn}`)}`;
  const turnOf = (now: number) => Math.floor(now / LIFE_MS);
  return {
    current: (now) => at(turnOf(now)),
    accepts: (nonce, now) =>
      sameSecret(nonce, at(turnOf(now))) || sameSecret(nonce, at(turnOf(now) - 1)),
  };
}
