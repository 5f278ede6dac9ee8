/** RS256 keys and tokens of the local provider and connector. */
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { defined } from './loopback.ts';
import type { Json } from './world.ts';

/** A token outside the rules; for tests of refusals. */
export interface ForgeOptions {
  readonly claims: Json;
  /** Replaces members of `{ alg: 'RS256', typ: 'JWT', kid }`; undefined removes one. */
  readonly header?: Json;
  /** Signs instead of the current key. */
  readonly key?: CryptoKey | Uint8Array;
}

/** A new private key (RFC 7517); its `kid` is its thumbprint (RFC 7638). */
export async function newKey(): Promise<JWK> {
  const pair = await generateKeyPair('RS256', { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(pair.privateKey);
  return { ...jwk, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

/** Signs any claims (RFC 7515), without checks; undefined removes one. */
export function sign(current: JWK, options: ForgeOptions): Promise<string> {
  const header = defined({ alg: 'RS256', typ: 'JWT', kid: current.kid, ...options.header });
  return new SignJWT(defined(options.claims))
    .setProtectedHeader({ ...header, alg: String(header.alg) })
    .sign(options.key ?? current);
}
