import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { boundedFetch, PROVIDER_LIMITS } from '../net/bounded-fetch.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import type { Directory } from '../usecases/ports/directory.ts';
import { createAgentLookup } from './agents.ts';
import { createGraphClient } from './graph-client.ts';
import { createGraphTokens } from './graph-tokens.ts';
import type { GraphWay } from './graph-tokens.ts';
import { createGroupLookup } from './groups.ts';
import { personAtGraph } from './people.ts';

const CALL_MS = 3_000;

/** The people and groups of the issuers that are configured with a look-up, at Microsoft Graph. */
export function createDirectory(parts: {
  config: {
    readonly identity: Pick<Config['identity'], 'issuers'>;
    readonly server: Pick<Config['server'], 'proxy'>;
  };
  clock: Clock;
  log: Logger;
  fetch?: Fetch | undefined;
}): Directory {
  const { issuers } = parts.config.identity;
  const limits = { ...PROVIDER_LIMITS, timeoutMs: CALL_MS, proxy: parts.config.server.proxy };
  const fetch = boundedFetch(parts.fetch, { ...limits, allowHttp: false });
  // A managed identity's tokens come from the machine itself, over plain http.
  const platform = boundedFetch(parts.fetch, { ...limits, allowHttp: true });
  const lookupOf = (issuer: string) => issuers.find(({ id }) => id === issuer)?.groupLookup;
  const ways = new Map<string, GraphWay>();
  const wayOf = (issuer: string): GraphWay => {
    const lookup = lookupOf(issuer);
    if (lookup === undefined) throw new Error(`no directory is configured for ${issuer}`);
    const way = ways.get(issuer) ?? {
      client: createGraphClient(lookup.graphUrl, fetch),
      tokens: createGraphTokens(lookup, { fetch, platform }),
      lookup,
    };
    ways.set(issuer, way);
    return way;
  };
  const memberOf = createGroupLookup({ ...parts, wayOf });
  return {
    knows: (issuer) => lookupOf(issuer) !== undefined,
    memberOf,
    isAgent: createAgentLookup({ ...parts, wayOf }),
    personNow: async (asked) => personAtGraph(wayOf(asked.issuer), asked),
    async logIn({ issuer, tenant }) {
      await wayOf(issuer).tokens.application(tenant);
    },
  };
}
