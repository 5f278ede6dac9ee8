import { optionalTime } from '../tokens/optional-claims.ts';
import { own, parseStrictObject } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

const MAX_DEPTH = 12;

/** The member that holds the ID token as the provider signed it. */
export const AS_SIGNED = 'countersign_id_token_as_signed';

/**
 * A token response for openid-client, which refuses an ID token whose `auth_time` is no number. Its
 * copy of the token leaves an odd `auth_time` out and has no valid signature; ours, which the
 * verifier checks with its signature, is in the member AS_SIGNED.
 */
export async function readableAnswer(response: Response): Promise<Response> {
  if (response.status !== 200) return response;
  const body = parseStrictObject(Buffer.from(await response.clone().arrayBuffer()), MAX_DEPTH);
  const idToken = body && own(body, 'id_token');
  if (typeof idToken !== 'string') return response;
  const text = JSON.stringify({ ...body, id_token: readable(idToken), [AS_SIGNED]: idToken });
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  return new Response(text, { status: 200, headers });
}

function readable(idToken: string): string {
  const [header, payload, ...rest] = idToken.split('.');
  const claims = parseStrictObject(Buffer.from(payload ?? '', 'base64url'), MAX_DEPTH);
  if (claims === undefined || !hasOddTime(claims)) return idToken;
  const kept = Object.entries(claims).filter(([name]) => name !== 'auth_time');
  const changed = Buffer.from(JSON.stringify(Object.fromEntries(kept))).toString('base64url');
  return [header, changed, ...rest].join('.');
}

function hasOddTime(claims: JsonObject): boolean {
  return Object.hasOwn(claims, 'auth_time') && optionalTime(claims, 'auth_time') === null;
}
