import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import type { Directory } from '../usecases/ports/directory.ts';
import { graphWays } from './graph-ways.ts';
import type { GraphWay } from './graph-ways.ts';
import { createGroupLookup } from './groups.ts';
import { personAtGraph } from './people.ts';

/** The people and groups of the issuers that are configured with a look-up, at Microsoft Graph. */
export function createDirectory(parts: {
  config: { readonly identity: Pick<Config['identity'], 'issuers'> };
  clock: Clock;
  log: Logger;
  fetch?: Fetch | undefined;
}): Directory {
  const find = graphWays(parts.config.identity.issuers, parts.fetch);
  const wayOf = (issuer: string): GraphWay => {
    const way = find(issuer);
    if (way === undefined) throw new Error(`no directory is configured for ${issuer}`);
    return way;
  };
  const memberOf = createGroupLookup({ ...parts, wayOf });
  return {
    knows: (issuer) => find(issuer) !== undefined,
    memberOf,
    personNow: async (asked) => personAtGraph(wayOf(asked.issuer), asked),
    async logIn({ issuer, tenant }) {
      await wayOf(issuer).tokens.application(tenant);
    },
  };
}
