import type { Clock } from '../lib/clock.ts';
import { Lru } from '../lib/lru.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { PROVIDER_LIMITS, boundedFetch } from './bounded-fetch.ts';
import type { Fetch } from './bounded-fetch.ts';
import { identityError } from './codes.ts';
import { GraphError, createGraphClient } from './graph-client.ts';
import type { GraphClient } from './graph-client.ts';
import { createGraphTokens } from './graph-tokens.ts';
import type { GraphTokens } from './graph-tokens.ts';
import type { GroupQuestion, GroupSource } from './group-overage.ts';
import type { Provider } from './providers.ts';

/** What `checkMemberGroups` takes at a time. */
const GROUPS_A_CALL = 20;
/** For one look-up with its logins, pages and repeats: the click waits for it. */
const LOOKUP_MS = 5_000;
const CALL_MS = 3_000;
const MAX_RUNNING = 50;
/** An answer counts for its token for this long: several calls come with one token. */
const FRESH_MS = 60_000;
const KEPT = 10_000;
const MAX_PAUSE_MS = 60_000;

/** One provider's way to Microsoft Graph. */
export interface GraphWay {
  readonly client: GraphClient;
  readonly tokens: GraphTokens;
}

/** The ways of all providers, made on first use. */
export function createGraphWays(
  fetch?: Fetch,
): (provider: Pick<Provider, 'config'>) => GraphWay | undefined {
  const wire = fetch ?? ((url: string, init?: RequestInit) => globalThis.fetch(url, init));
  const limits = { ...PROVIDER_LIMITS, timeoutMs: CALL_MS };
  const bounded = boundedFetch(wire, { ...limits, allowHttp: false });
  // A managed identity's tokens come from the machine itself, over plain http.
  const platform = boundedFetch(wire, { ...limits, allowHttp: true });
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
 * Looks groups up with `checkMemberGroups`: it answers for nested groups too, only about groups
 * that mappings name, and never with more than was asked, so that neither a person's thousand
 * groups nor their names come here, and a mapped group cannot be lost on a page that is cut off
 * (`transitiveMemberOf` would list them all). Whatever fails denies.
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
  const look = async (question: GroupQuestion): Promise<readonly string[]> => {
    const { provider } = question;
    const { id } = provider.config;
    const way = ways(provider);
    if (way === undefined) throw identityError('groups_not_listed');
    if (running >= MAX_RUNNING || clock.now() < (pausedUntil.get(id) ?? 0)) {
      throw identityError('groups_unavailable');
    }
    running += 1;
    try {
      return await askFor(way, question);
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
      if (question.token === null) return look(question);
      const known = kept.get(question.token);
      const age = known === undefined ? Infinity : clock.now() - known.at;
      if (known !== undefined && age >= 0 && age < FRESH_MS) return known.groups;
      const groups = look(question);
      const key = question.token;
      kept.set(key, { at: clock.now(), groups });
      groups.catch(() => kept.delete(key));
      return groups;
    },
  };
}

async function askFor(
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
  // Only what was asked for counts, whatever else an answer may hold.
  return groups.filter((group) => answered.has(group));
}
