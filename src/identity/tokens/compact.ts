import { identityError } from '../codes.ts';
import { own, parseStrictObject } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** In characters; real access tokens are shorter. */
export const MAX_TOKEN_CHARACTERS = 16 * 1024;
const MAX_DEPTH = 12;
const MAX_KID = 256;

/**
 * Header members that embed a key or change the meaning of the token. Keys come from the issuer's
 * key document only (RFC 8725 3.10; CVE-2018-0114).
 */
const REFUSED_MEMBERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'enc', 'zip', 'cty'] as const;

/** A parsed JWS whose signature is not verified yet. */
export interface CompactToken {
  readonly alg: string;
  readonly kid: string;
  /** In lower case, without `application/` (RFC 7515 4.1.9); null if absent. */
  readonly typ: string | null;
  readonly claims: JsonObject;
  /** `header.payload`, exactly as signed. */
  readonly signedText: string;
  /** The whole token. */
  readonly text: string;
}

/**
 * Parses a compact JWS (RFC 7515 7.1) strictly: three parts of canonical base64url, JSON objects
 * without duplicate members, no embedded key. So one string has one meaning. Only the signature can
 * vary, and no digest covers it.
 *
 * @throws IdentityError `token_too_large`, `token_malformed`, `token_header_refused`.
 */
export function parseCompact(token: string): CompactToken {
  if (token.length > MAX_TOKEN_CHARACTERS) throw identityError('token_too_large');
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 1 || second <= first + 1 || token.indexOf('.', second + 1) >= 0) {
    throw identityError('token_malformed', { about: 'three_parts' });
  }
  const header = parseStrictObject(decodePart(token.slice(0, first)), MAX_DEPTH);
  const claims = parseStrictObject(decodePart(token.slice(first + 1, second)), MAX_DEPTH);
  decodePart(token.slice(second + 1));
  if (header === undefined || claims === undefined) {
    throw identityError('token_malformed', { about: 'json_objects' });
  }
  return { ...readHeader(header), claims, signedText: token.slice(0, second), text: token };
}

/**
 * Decodes base64url without padding (RFC 4648 5). Node's decoder is lenient (other alphabets, white
 * space, stray bits), so the result must encode to the same string.
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

/** Removes `application/` in front of a type without a slash (RFC 7515 4.1.9). */
function shortType(typ: string): string {
  return typ.toLowerCase().replace(/^application\/(?=[^/]+$)/, '');
}
