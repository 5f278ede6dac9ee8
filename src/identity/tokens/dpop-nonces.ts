import { sameSecret } from '../../lib/hash.ts';

const LIFE_MS = 5 * 60_000;

/** Nonces for DPoP proofs (RFC 9449 8): they prevent proofs made in advance. */
export interface DpopNonces {
  /** The nonce for a proof made now. */
  current(now: number): string;
  /** Whether it is the current or the previous nonce. */
  accepts(nonce: string, now: number): boolean;
}

/**
 * Creates nonces that last five minutes each. They are derived from the time: equal on all
 * replicas, never stored.
 */
export function createDpopNonces(mac: (text: string) => string): DpopNonces {
  const at = (turn: number) => `${turn}.${mac(`dpop-nonce ${turn}`)}`;
  const turnOf = (now: number) => Math.floor(now / LIFE_MS);
  return {
    current: (now) => at(turnOf(now)),
    accepts: (nonce, now) =>
      sameSecret(nonce, at(turnOf(now))) || sameSecret(nonce, at(turnOf(now) - 1)),
  };
}
