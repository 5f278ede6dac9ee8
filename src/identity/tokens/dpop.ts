import { joinedKey } from '../../lib/joined-key.ts';
import { calculateJwkThumbprint, importJWK } from 'jose';
import type { JWK } from 'jose';
import type { Clock } from '../../lib/clock.ts';
import { sha256 } from '../../lib/hash.ts';
import type { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { OnceKeys } from '../../usecases/ports/once-keys.ts';
import type { TokenProof } from '../../usecases/ports/identity.ts';
import { fits, isKnownAlgorithm, isSignedBy } from './algorithms.ts';
import { identityError } from '../codes.ts';
import { splitCompact } from './compact.ts';
import type { DpopNonces } from './dpop-nonces.ts';
import { isPrivate, publicMaterial } from '../issuer-keys/key-document.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

const MAX_PROOF_CHARACTERS = 8 * 1024;
const MAX_DEPTH = 6;
const MAX_JTI = 256;
const MAX_TEXT = 2_048;
/** Maximum age of a proof, and maximum lead of the client's clock (RFC 9449 11.1). */
const PAST_MS = 60_000;
const AHEAD_MS = 30_000;

interface ProofParts {
  readonly alg: string;
  /** Public members only. */
  readonly jwk: JWK;
  readonly claims: JsonObject;
  /** The whole proof. */
  readonly jws: string;
}

/**
 * Checks that the caller holds the key of a bound token (`cnf.jkt`): the token needs a fresh,
 * unused proof for this call (RFC 9449 4.3, 7.1). An unbound token must come without a proof. Other
 * bindings are refused, because they cannot be checked here (RFC 7800 3, RFC 8705 3).
 *
 * @throws IdentityError `token_bound`, `token_binding_unknown`, `dpop_…`.
 */
export async function checkHolder(
  given: { token: string; claims: JsonObject; proof: TokenProof | undefined },
  parts: { clock: Clock; once?: OnceKeys; nonces?: DpopNonces },
): Promise<void> {
  const { token, claims, proof } = given;
  const { clock, once, nonces } = parts;
  const jkt = boundTo(claims);
  if (jkt === null) {
    if (proof !== undefined) throw identityError('dpop_token_unbound');
    return;
  }
  if (proof === undefined || once === undefined) throw identityError('token_bound');
  const parsed = parseProof(proof.proof);
  // Before the signature: only the holder's key reaches the crypto library.
  const holder = await calculateJwkThumbprint(parsed.jwk, 'sha256');
  if (holder !== jkt) throw identityError('dpop_wrong_key');
  await checkSignature(parsed);
  checkCall(parsed.claims, { token, proof });
  const now = clock.now();
  const usableUntil = checkTime(parsed.claims, now);
  checkNonce(parsed.claims, nonces, now);
  const jti = text(parsed.claims, 'jti');
  if (jti === null || jti.length > MAX_JTI) throw invalid('jti');
  if (!(await once.take({ kind: 'dpop', key: joinedKey(jkt, jti), expiresAt: usableUntil }))) {
    throw identityError('dpop_proof_replayed');
  }
}

/** Refuses a bound token where no proof can be sent. */
export function refuseBound(claims: JsonObject): void {
  if (boundTo(claims) !== null) throw identityError('token_bound');
}

/**
 * The thumbprint of the key that a token is bound to; null if unbound.
 *
 * @throws IdentityError `token_binding_unknown`.
 */
export function boundTo(claims: JsonObject): string | null {
  const cnf = own(claims, 'cnf');
  if (cnf === undefined) return null;
  const jkt = isJsonObject(cnf) ? own(cnf, 'jkt') : undefined;
  const only = isJsonObject(cnf) && Object.keys(cnf).length === 1;
  if (only && typeof jkt === 'string' && /^[\w-]{43}$/.test(jkt)) return jkt;
  throw identityError('token_binding_unknown');
}

/** Parses a proof (RFC 9449 4.2), as strictly as a token. */
function parseProof(text: string): ProofParts {
  const malformed = () => invalid('form');
  if (text.length > MAX_PROOF_CHARACTERS) throw malformed();
  const { header, claims } = splitCompact(text, { maxDepth: MAX_DEPTH, malformed });
  if (own(header, 'typ') !== 'dpop+jwt') throw invalid('typ');
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) throw invalid('crit');
  const alg = own(header, 'alg');
  const jwk = own(header, 'jwk');
  if (typeof alg !== 'string' || !isKnownAlgorithm(alg)) throw invalid('alg');
  if (!isJsonObject(jwk) || isPrivate(jwk)) throw invalid('jwk');
  const material = publicMaterial(jwk);
  if (material === undefined || !fits(alg, material)) {
    throw invalid('jwk');
  }
  return { alg, jwk: material, claims, jws: text };
}

async function checkSignature({ alg, jwk, jws }: ProofParts): Promise<void> {
  let key;
  try {
    key = await importJWK(jwk, alg);
  } catch {
    // A point off its curve or a bad modulus counts as a wrong signature.
    throw invalid('signature');
  }
  if (key instanceof Uint8Array || !(await isSignedBy(jws, { alg, key }))) {
    throw invalid('signature');
  }
}

/** Checks that the proof is for this method, address and token. */
function checkCall(claims: JsonObject, given: { token: string; proof: TokenProof }): void {
  const { token, proof } = given;
  if (text(claims, 'htm') !== proof.method) throw invalid('htm');
  const called = address(proof.url);
  const htu = text(claims, 'htu');
  // An unreadable address matches nothing, not even an unreadable request URL.
  if (htu === null || called === undefined || address(htu) !== called) throw invalid('htu');
  if (text(claims, 'ath') !== sha256(token)) throw invalid('ath');
}

/** The address without query and fragment, normalised (RFC 3986 6.2.2, 6.2.3). */
function address(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  return `${url.origin}${url.pathname}`;
}

/** Until when the proof could be replayed (ms). */
function checkTime(claims: JsonObject, now: number): number {
  const iat = own(claims, 'iat');
  const issuedAt = typeof iat === 'number' ? Math.floor(iat * 1_000) : NaN;
  if (!Number.isSafeInteger(issuedAt)) throw invalid('iat');
  if (issuedAt > now + AHEAD_MS || now - issuedAt > PAST_MS) {
    throw identityError('dpop_proof_stale');
  }
  // Longer than the window: the clocks of replicas and of the purge differ.
  return issuedAt + PAST_MS + 2 * AHEAD_MS;
}

function checkNonce(claims: JsonObject, nonces: DpopNonces | undefined, now: number): void {
  if (nonces === undefined) return;
  const nonce = text(claims, 'nonce');
  if (nonce !== null && nonces.accepts(nonce, now)) return;
  throw identityError('dpop_nonce_needed', { nonce: nonces.current(now) });
}

function text(claims: JsonObject, name: string): string | null {
  const value = own(claims, name);
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT ? value : null;
}

function invalid(about: string): IdentityError {
  return identityError('dpop_proof_invalid', { about });
}
