import { identityError } from '../codes.ts';
import { own, parseStrictObject } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** Tokens are longer than this only where somebody plays with us; measured in characters. */
export const MAX_TOKEN_CHARACTERS = 16 * 1024;
const MAX_DEPTH = 12;
const MAX_KID = 256;

/**
 * Header members that bring a key along, or make the rest mean something else. Keys come from the
 * issuer's own document and nowhere else (RFC 8725 3.10; CVE-2018-0114).
 */
const REFUSED_MEMBERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'enc', 'zip', 'cty'] as const;

/** A signed token that was taken apart and not yet believed. */
export interface CompactToken {
  readonly alg: string;
  readonly kid: string;
  /** In lower case and without `application/` (RFC 7515 4.1.9); null where there is none. */
  readonly typ: string | null;
  readonly claims: JsonObject;
  /** `header.payload`, exactly as it was signed. */
  readonly signedText: string;
  readonly signature: Buffer;
}

/**
 * Takes a compact JWS (RFC 7515 7.1) apart, strictly: three parts of canonical base64url, JSON
 * objects without doubled members, and no header member that brings a key. One text can therefore
 * stand for one token only, save for the signature, which no digest of ours covers.
 *
 * @throws IdentityError `token_too_large`, `token_malformed`, `token_header_refused`.
 */
export function parseCompact(token: string): CompactToken {
  if (token.length > MAX_TOKEN_CHARACTERS) throw identityError('token_too_large');
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 1 || second <= first + 1 || token.indexOf('.', second + 1) >= 0) {
    throw identityError('token_malformed', { about: 'three parts' });
  }
  const header = parseStrictObject(decodePart(token.slice(0, first)), MAX_DEPTH);
  const claims = parseStrictObject(decodePart(token.slice(first + 1, second)), MAX_DEPTH);
  const signature = decodePart(token.slice(second + 1));
  if (header === undefined || claims === undefined) {
    throw identityError('token_malformed', { about: 'JSON objects' });
  }
  return { ...readHeader(header), claims, signedText: token.slice(0, second), signature };
}

/**
 * The bytes of a base64url text (RFC 4648 5, without padding). Node reads leniently (other
 * alphabets, white space, stray bits), so what it read must give the same text again.
 *
 * @throws IdentityError `token_malformed`.
 */
export function decodePart(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 0 || bytes.toString('base64url') !== text) {
    throw identityError('token_malformed', { about: 'base64url' });
  }
  return bytes;
}

function readHeader(header: JsonObject): Pick<CompactToken, 'alg' | 'kid' | 'typ'> {
  const refused = REFUSED_MEMBERS.find((name) => Object.hasOwn(header, name));
  if (refused !== undefined) throw identityError('token_header_refused', { about: refused });
  const alg = own(header, 'alg');
  const kid = own(header, 'kid');
  const typ = own(header, 'typ') ?? null;
  if (typeof alg !== 'string') throw identityError('token_header_refused', { about: 'alg' });
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID) {
    throw identityError('token_header_refused', { about: 'kid' });
  }
  if (typ !== null && typeof typ !== 'string') {
    throw identityError('token_header_refused', { about: 'typ' });
  }
  return { alg, kid, typ: typ === null ? null : shortType(typ) };
}

/** A type without a slash and the same one behind `application/` are one; no others are. */
function shortType(typ: string): string {
  return typ.toLowerCase().replace(/^application\/(?=[^/]+$)/, '');
}
