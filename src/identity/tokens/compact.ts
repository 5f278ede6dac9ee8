import { identityError } from '../codes.ts';
import { own, parseStrictObject, textOf } from '../../lib/strict-json.ts';
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
  /** Null if absent: then the provider has one key that fits, or the token is refused. */
  readonly kid: string | null;
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
  const malformed = (about: string) => identityError('token_malformed', { about });
  const { header, ...parts } = splitCompact(token, { maxDepth: MAX_DEPTH, malformed });
  return { ...readHeader(header), ...parts, text: token };
}

/**
 * Splits a JWS into its header and claims, with the rules of parseCompact.
 *
 * Base64url has no padding (RFC 4648 5). Node's decoder is lenient (other alphabets, white space,
 * stray bits), so the bytes must encode to the same string.
 *
 * @throws the error of `malformed`, which gets the broken rule.
 */
export function splitCompact(
  text: string,
  { maxDepth, malformed }: { maxDepth: number; malformed: (about: string) => Error },
): Pick<CompactToken, 'claims' | 'signedText'> & { header: JsonObject } {
  const decode = (part: string) => {
    const bytes = Buffer.from(part, 'base64url');
    if (bytes.length > 0 && bytes.toString('base64url') === part) return bytes;
    throw malformed('base64url');
  };
  const [first, second, signature, more] = text.split('.', 4);
  if (!first || !second || signature === undefined || more !== undefined) {
    throw malformed('three_parts');
  }
  const header = parseStrictObject(decode(first), maxDepth);
  const claims = parseStrictObject(decode(second), maxDepth);
  decode(signature);
  if (header === undefined || claims === undefined) throw malformed('json_objects');
  return { header, claims, signedText: `${first}.${second}` };
}

function readHeader(header: JsonObject): Pick<CompactToken, 'alg' | 'kid' | 'typ'> {
  const refused = REFUSED_MEMBERS.find((name) => Object.hasOwn(header, name));
  if (refused !== undefined) throw identityError('token_header_refused', { about: refused });
  const alg = own(header, 'alg');
  const kid = textOf(own(header, 'kid'), MAX_KID) ?? null;
  const typ = own(header, 'typ') ?? null;
  if (typeof alg !== 'string') throw identityError('token_header_refused', { about: 'alg' });
  if (kid === null && Object.hasOwn(header, 'kid')) {
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
