import type { Clock } from '../lib/clock.ts';
import { Lru } from '../lib/lru.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { PROVIDER_LIMITS, boundedFetch } from '../net/bounded-fetch.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { identityError } from './codes.ts';
import { GraphError, createGraphClient } from './graph-client.ts';
import type { GraphClient } from './graph-client.ts';
import { createGraphTokens } from './graph-tokens.ts';
import type { GraphTokens } from './graph-tokens.ts';
import type { GroupQuestion, GroupSource } from './group-overage.ts';
import type { Provider } from './providers.ts';

/** The most groups that `checkMemberGroups` accepts in one call. */
const GROUPS_A_CALL = 20;
/** For one lookup with logins, pages and repeats: a click waits for it. */
const LOOKUP_MS = 5_000;
const CALL_MS = 3_000;
const MAX_RUNNING = 50;
/** How long an answer is cached for its token: several calls use one token. */
const FRESH_MS = 60_000;
const KEPT = 10_000;
const MAX_PAUSE_MS = 60_000;

/** One provider's client and tokens for Microsoft Graph. */
export interface GraphWay {
  readonly client: GraphClient;
  readonly tokens: GraphTokens;
}

/** Creates each provider's client on first use. */
export function createGraphWays(
  fetch?: Fetch,
): (provider: Pick<Provider, 'config'>) => GraphWay | undefined {
  const limits = { ...PROVIDER_LIMITS, timeoutMs: CALL_MS };
  const bounded = boundedFetch(fetch, { ...limits, allowHttp: false });
  // A managed identity's tokens come from the machine itself, over plain http.
  const platform = boundedFetch(fetch, { ...limits, allowHttp: true });
  const ways = new Map<string, GraphWay>();
  return ({ config: { id, groupLookup } }) => {
    if (groupLookup === undefined) return undefined;
    const way = ways.get(id) ?? {
      client: createGraphClient(groupLookup.graphUrl, bounded),
      tokens: createGraphTokens(groupLookup, { fetch: bounded, platform }),
    };
    ways.set(id, way);
    return way;
  };
}

/**
 * Looks up groups with `checkMemberGroups`. It covers nested groups and returns only groups that
 * were asked for, so a mapped group is never lost on a later page, and other groups of the person
 * stay at Microsoft. (`transitiveMemberOf` would list them all.) Every failure refuses the token.
 */
export function createGroupSource(parts: {
  clock: Clock;
  log: Logger;
  ways: (provider: Provider) => GraphWay | undefined;
}): GroupSource {
  const { clock, log, ways } = parts;
  const kept = new Lru<{ at: number; groups: Promise<readonly string[]> }>(KEPT);
  const pausedUntil = new Map<string, number>();
  let running = 0;
  const lookUp = async (question: GroupQuestion): Promise<readonly string[]> => {
    const { provider } = question;
    const { id } = provider.config;
    const way = ways(provider);
    if (way === undefined) throw identityError('groups_not_listed');
    if (running >= MAX_RUNNING || clock.now() < (pausedUntil.get(id) ?? 0)) {
      throw identityError('groups_unavailable');
    }
    running += 1;
    try {
      return await checkGroups(way, question);
    } catch (cause) {
      if (cause instanceof GraphError && cause.retryAfterMs !== null) {
        pausedUntil.set(id, clock.now() + Math.min(cause.retryAfterMs, MAX_PAUSE_MS));
      }
      log.warn('groups could not be looked up', { issuer: id, error: describeError(cause) });
      throw identityError('groups_unavailable', { cause });
    } finally {
      running -= 1;
    }
  };
  return {
    async memberOf(question) {
      if (question.token === null) return lookUp(question);
      const known = kept.get(question.token);
      const age = known === undefined ? Infinity : clock.now() - known.at;
      if (known !== undefined && age >= 0 && age < FRESH_MS) return known.groups;
      const groups = lookUp(question);
      const key = question.token;
      kept.set(key, { at: clock.now(), groups });
      groups.catch(() => kept.delete(key));
      return groups;
    },
  };
}

async function checkGroups(
  { client, tokens }: GraphWay,
  question: GroupQuestion,
): Promise<readonly string[]> {
  const { provider, tenant, objectId, kind, groups, assertion } = question;
  const signal = AbortSignal.timeout(LOOKUP_MS);
  const asPerson = provider.config.groupLookup?.as === 'person' && kind === 'person';
  const token =
    asPerson && assertion !== null
      ? await tokens.person(tenant, assertion)
      : await tokens.application(tenant);
  const who = kind === 'person' ? `/users/${objectId}` : `/servicePrincipals/${objectId}`;
  const path = `${asPerson && assertion !== null ? '/me' : who}/checkMemberGroups`;
  const calls: Promise<readonly unknown[]>[] = [];
  for (let from = 0; from < groups.length; from += GROUPS_A_CALL) {
    const groupIds = groups.slice(from, from + GROUPS_A_CALL);
    calls.push(client.all({ path, token, body: { groupIds }, signal }));
  }
  const answered = new Set((await Promise.all(calls)).flat());
  // Ignores groups that were not asked for.
  return groups.filter((group) => answered.has(group));
}
