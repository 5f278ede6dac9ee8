import { joinedKey } from '../lib/joined-key.ts';
import type { Clock } from '../lib/clock.ts';
import { Lru } from '../lib/lru.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { own } from '../lib/strict-json.ts';
import type { JsonObject } from '../lib/strict-json.ts';
import type { Directory, DirectoryEntry } from '../usecases/ports/directory.ts';
import type { GraphWay } from './graph-tokens.ts';

/** For one look-up with login and repeats: a click waits for it. */
const LOOKUP_MS = 5_000;
const MAX_RUNNING = 50;
const FRESH_MS = 5 * 60_000;
const KEPT = 10_000;
const PERSON = '#microsoft.graph.user';

/**
 * Whether an account is an agent's. Graph names the type of an account that is more than a user
 * (`agentUser`); any type but that of a user counts as an agent. Answers are kept for five minutes,
 * failures are not.
 */
export function createAgentLookup(parts: {
  clock: Clock;
  log: Logger;
  wayOf: (issuer: string) => GraphWay;
}): Directory['isAgent'] {
  const { clock, log, wayOf } = parts;
  const kept = new Lru<{ at: number; agent: Promise<boolean> }>(KEPT);
  let running = 0;
  const lookUp = async (entry: DirectoryEntry): Promise<boolean> => {
    if (running >= MAX_RUNNING) throw new Error('too many look-ups of agents are running');
    running += 1;
    try {
      return await askGraph(wayOf(entry.issuer), entry);
    } catch (error) {
      const { issuer } = entry;
      log.warn('an account could not be looked up', { issuer, error: describeError(error) });
      throw error;
    } finally {
      running -= 1;
    }
  };
  return (entry) => {
    const key = joinedKey(entry.issuer, entry.tenant, entry.objectId);
    const known = kept.get(key);
    const age = known === undefined ? Infinity : clock.now() - known.at;
    if (known !== undefined && age >= 0 && age < FRESH_MS) return known.agent;
    const agent = lookUp(entry);
    kept.set(key, { at: clock.now(), agent });
    agent.catch(() => kept.delete(key));
    return agent;
  };
}

async function askGraph(
  { client, tokens }: GraphWay,
  { tenant, objectId }: DirectoryEntry,
): Promise<boolean> {
  const signal = AbortSignal.timeout(LOOKUP_MS);
  const token = await tokens.application(tenant);
  const account = await client.one({ path: `/users/${objectId}`, token, signal });
  if (own(account, 'id') !== objectId)
    throw new Error('the directory answered about another account');
  return isAgentAccount(account);
}

function isAgentAccount(account: JsonObject): boolean {
  const type = own(account, '@odata.type');
  const parent = own(account, 'identityParentId');
  return (type !== undefined && type !== PERSON) || (parent !== undefined && parent !== null);
}
