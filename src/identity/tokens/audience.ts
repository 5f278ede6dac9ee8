import { isTextList } from '../../domain/people/claim-value.ts';
import { identityError } from '../codes.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { requiredText } from './registered-claims.ts';

const MAX_AUDIENCES = 50;

/** For whom a token may be. */
export interface AudienceRules {
  readonly accepted: ReadonlySet<string>;
  /** In an ID token for this client: others that an administrator listed, such as its project. */
  readonly further?: { readonly clientId: string; readonly listed: ReadonlySet<string> };
  /** `client_id` names the audience of an access token without `aud` (Amazon Cognito). */
  readonly byClient?: boolean;
}

/**
 * Checks that a token is for us alone: `aud` is exactly one accepted audience, as a string or as an
 * array of one. With a second audience, others hold the same token and could send it here (RFC 8725
 * 3.9). An ID token may have further ones that are listed, where `azp` says that it was issued to
 * our client (OpenID Connect Core 3.1.3.7).
 *
 * @returns the audience that is ours.
 * @throws IdentityError `token_claim_missing`, `token_audience`.
 */
export function checkAudience(claims: JsonObject, rules: AudienceRules): string {
  const { accepted, further, byClient = false } = rules;
  const value = own(claims, 'aud');
  if (value === undefined && byClient) return audienceByClient(claims, accepted);
  if (value === undefined) throw identityError('token_claim_missing', { about: 'aud' });
  if (further !== undefined && isSharedWith(value, claims, further)) return further.clientId;
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof only !== 'string' || !accepted.has(only)) throw identityError('token_audience');
  return only;
}

/** Whether several audiences are our client and others that are listed, each once. */
function isSharedWith(
  value: unknown,
  claims: JsonObject,
  { clientId, listed }: NonNullable<AudienceRules['further']>,
): boolean {
  if (!isTextList(value, MAX_AUDIENCES) || value.length < 2) return false;
  const others = value.filter((one) => one !== clientId);
  return (
    own(claims, 'azp') === clientId &&
    others.length === value.length - 1 &&
    new Set(others).size === others.length &&
    others.every((one) => listed.has(one))
  );
}

/** The client of an access token; other kinds of token name a client too. */
function audienceByClient(claims: JsonObject, accepted: ReadonlySet<string>): string {
  const client = requiredText(claims, 'client_id');
  if (own(claims, 'token_use') !== 'access' || !accepted.has(client)) {
    throw identityError('token_audience');
  }
  return client;
}
