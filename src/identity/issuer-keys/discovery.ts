import { fetchJson } from '../../net/bounded-fetch.ts';
import type { Fetch } from '../../net/bounded-fetch.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** A provider's metadata (OpenID Connect Discovery 1.0 3). */
export type ProviderMetadata = JsonObject & { readonly jwks_uri: string };

/**
 * Fetches and checks a discovery document. Its issuer must equal one of `issuers` exactly
 * (Discovery 4.3): another issuer's document would bring that issuer's keys.
 *
 * @throws Error that says what was found and what was expected.
 */
export async function discover(options: {
  fetch: Fetch;
  url: string;
  issuers: readonly string[];
}): Promise<ProviderMetadata> {
  const document = await fetchJson(options.fetch, options.url);
  if (!isJsonObject(document)) throw new Error(`${options.url} is not a JSON object`);
  const issuer = own(document, 'issuer');
  const jwksUri = own(document, 'jwks_uri');
  if (typeof issuer !== 'string' || !options.issuers.includes(issuer)) {
    throw new Error(
      `${options.url} is of the issuer "${String(issuer).slice(0, 200)}", ` +
        `not of ${options.issuers.join(' or ')}`,
    );
  }
  if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) {
    throw new Error(`${options.url} names no jwks_uri`);
  }
  return { ...document, jwks_uri: jwksUri };
}
