import type { GroupLookupConfig, IssuerConfig } from '../config/config.ts';
import { boundedFetch, PROVIDER_LIMITS } from '../net/bounded-fetch.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { createGraphClient } from './graph-client.ts';
import type { GraphClient } from './graph-client.ts';
import { createGraphTokens } from './graph-tokens.ts';
import type { GraphTokens } from './graph-tokens.ts';

const CALL_MS = 3_000;

/** One issuer's client, tokens and registration for Microsoft Graph. */
export interface GraphWay {
  readonly client: GraphClient;
  readonly tokens: GraphTokens;
  readonly lookup: GroupLookupConfig;
}

/** Creates each issuer's client on first use. */
export function graphWays(
  issuers: readonly IssuerConfig[],
  fetch: Fetch | undefined,
): (issuer: string) => GraphWay | undefined {
  const limits = { ...PROVIDER_LIMITS, timeoutMs: CALL_MS };
  const bounded = boundedFetch(fetch, { ...limits, allowHttp: false });
  // A managed identity's tokens come from the machine itself, over plain http.
  const platform = boundedFetch(fetch, { ...limits, allowHttp: true });
  const ways = new Map<string, GraphWay>();
  return (id) => {
    const lookup = issuers.find((issuer) => issuer.id === id)?.groupLookup;
    if (lookup === undefined) return undefined;
    const way = ways.get(id) ?? {
      client: createGraphClient(lookup.graphUrl, bounded),
      tokens: createGraphTokens(lookup, { fetch: bounded, platform }),
      lookup,
    };
    ways.set(id, way);
    return way;
  };
}
