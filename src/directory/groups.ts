import type { Clock } from '../lib/clock.ts';
import { Lru } from '../lib/lru.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import type { Directory, GroupQuestion } from '../usecases/ports/directory.ts';
import { GraphError } from './graph-client.ts';
import type { GraphWay } from './graph-tokens.ts';

/** The most groups that `checkMemberGroups` accepts in one call. */
const GROUPS_A_CALL = 20;
/** For one lookup with logins, pages and repeats: a click waits for it. */
const LOOKUP_MS = 5_000;
const MAX_RUNNING = 50;
/** How long an answer is cached for its token: several calls use one token. */
const FRESH_MS = 60_000;
const KEPT = 10_000;
const MAX_PAUSE_MS = 60_000;

/**
 * Looks up groups with `checkMemberGroups`. It covers nested groups and returns only groups that
 * were asked for, so a mapped group is never lost on a later page, and other groups of the person
 * stay at Microsoft. (`transitiveMemberOf` would list them all.)
 */
export function createGroupLookup(parts: {
  clock: Clock;
  log: Logger;
  wayOf: (issuer: string) => GraphWay;
}): Directory['memberOf'] {
  const { clock, log, wayOf } = parts;
  const kept = new Lru<{ at: number; groups: Promise<readonly string[]> }>(KEPT);
  const pausedUntil = new Map<string, number>();
  let running = 0;
  const lookUp = async (question: GroupQuestion): Promise<readonly string[]> => {
    const { issuer } = question;
    const way = wayOf(issuer);
    if (running >= MAX_RUNNING) throw new Error('too many group lookups are running');
    if (clock.now() < (pausedUntil.get(issuer) ?? 0)) {
      throw new Error('Microsoft Graph asked for a pause');
    }
    running += 1;
    try {
      return await checkGroups(way, question);
    } catch (error) {
      if (error instanceof GraphError && error.retryAfterMs !== null) {
        pausedUntil.set(issuer, clock.now() + Math.min(error.retryAfterMs, MAX_PAUSE_MS));
      }
      log.warn('groups could not be looked up', { issuer, error: describeError(error) });
      throw error;
    } finally {
      running -= 1;
    }
  };
  return async (question) => {
    const { tokenDigest } = question;
    if (tokenDigest === null) return lookUp(question);
    const known = kept.get(tokenDigest);
    const age = known === undefined ? Infinity : clock.now() - known.at;
    if (known !== undefined && age >= 0 && age < FRESH_MS) return known.groups;
    const groups = lookUp(question);
    kept.set(tokenDigest, { at: clock.now(), groups });
    groups.catch(() => kept.delete(tokenDigest));
    return groups;
  };
}

async function checkGroups(
  { client, tokens, lookup }: GraphWay,
  question: GroupQuestion,
): Promise<readonly string[]> {
  const { tenant, objectId, kind, groups, assertion } = question;
  const signal = AbortSignal.timeout(LOOKUP_MS);
  const ownToken = lookup.as === 'person' && kind === 'person' ? assertion : null;
  const token =
    ownToken === null ? await tokens.application(tenant) : await tokens.person(tenant, ownToken);
  const named = kind === 'person' ? `/users/${objectId}` : `/servicePrincipals/${objectId}`;
  const path = `${ownToken === null ? named : '/me'}/checkMemberGroups`;
  const calls: Promise<readonly unknown[]>[] = [];
  for (let from = 0; from < groups.length; from += GROUPS_A_CALL) {
    const groupIds = groups.slice(from, from + GROUPS_A_CALL);
    calls.push(client.all({ path, token, body: { groupIds }, signal }));
  }
  const answered = new Set((await Promise.all(calls)).flat());
  // Ignores groups that were not asked for.
  return groups.filter((group) => answered.has(group));
}
