import { sealTurn } from '../../../src/audit/seal.ts';
import { createKeys } from '../../../src/keys/keys.ts';
import type { Keys } from '../../../src/keys/keys.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import {
  T0,
  attempt,
  card,
  change,
  onceKey,
  deciding,
  decision,
  event,
  factsOf,
  job,
  link,
  newId,
  next,
  request,
  seen,
  submission,
} from '../build.ts';
import { recorded } from '../../support/events.ts';

/** The secret that encrypts keys in the stores of the tests. */
export const SECRET = 'a secret of the tests, of more than thirty-two bytes';

/** Text that engines may change: quotes, control characters, the escapes of transferred rows. */
export const HOSTILE = 'quote " slash \\ \u0090 \u009d nul \u0000 line\nü🚀 \' ${x} [';

/** A sealer over a store, without its loop. */
export function sealerOn(
  store: Store,
  keys: Keys,
  now: () => number = () => T0,
): ReturnType<typeof sealTurn> {
  return sealTurn({
    store,
    keys,
    clock: { now },
    ids: systemIds,
    log: silentLogger,
    origin: 'tests/log',
    everyMs: 1_000,
  });
}

/** Seals all unsealed events. */
export async function sealAll(store: Store, keys: Keys): Promise<void> {
  const { turn, letGo } = sealerOn(store, keys);
  for (let turns = 0; turns < 100; turns += 1) {
    await turn();
    if ((await store.unsealedEvents(1)).length === 0) break;
  }
  await letGo();
}

/**
 * Fills every table: `count` requests, every second one decided, every fourth with a second word;
 * posted and unposted cards; waiting, leased and dead jobs; sign-in links at each step. All events
 * are sealed but one.
 */
export async function fillStore(store: Store, count: number): Promise<Keys> {
  const keys = await createKeys({ store, secret: SECRET, clock: { now: () => T0 } });
  for (let at = 0; at < count; at += 1) {
    const asked = request({ reason: HOSTILE.repeat(1 + (at % 40)) });
    const posted = card(asked, {
      conversationId: '19:channel',
      serviceUrl: 'https://t.example/',
      activityId: newId('act'),
      state: 'posted',
      postedRevision: 1,
    });
    await store.commit(
      submission(asked, {
        cards: [card(asked), posted],
        onceKeys: [onceKey({ key: `Key ${at} `, requestId: asked.id })],
        events: [event(asked, { data: { text: HOSTILE, ...factsOf(asked) } })],
      }),
    );
    if (at % 2 === 0) await store.commit(deciding(asked));
    if (at % 4 === 0) {
      const decided = next(asked, { state: 'approved' });
      const withdrawal = decision(decided, { word: 'withdraw', nth: 2 });
      await store.commit(deciding(decided, { decision: withdrawal }));
    }
  }
  await store.commit(
    change({
      people: [seen('alex'), seen('bo', { roles: ['approver', 'Approver'], claims: {} })],
      conversations: [
        {
          key: 'person:contoso:oid-alex',
          tenantId: 'contoso',
          conversationId: 'a:1',
          serviceUrl: 'https://t.example/',
          userId: null,
          updatedAt: T0,
        },
      ],
      events: [],
      personKeys: [{ person: 'local|alex', pseudonym: 'per_1', encrypted: 'e', isNew: true }],
      jobs: [job({ key: 'later', runAt: T0 + 1_000_000 })],
      onceKeys: [onceKey({ key: 'x'.repeat(1_000) })],
    }),
  );
  await leaveJobs(store);
  await leaveLinks(store);
  await sealAll(store, keys);
  await store.takeLease({ name: 'other', holder: 'tests', leaseMs: 1_000, now: T0 });
  await store.commit(change({ events: [event(null)] }));
  return keys;
}

async function leaveJobs(store: Store): Promise<void> {
  const leased = await store.leaseJobs({ limit: 2, leaseMs: 60_000, now: T0 + 10 });
  const [dead] = leased;
  if (!dead) throw new Error('no job was due');
  await store.releaseJob({
    key: dead.key,
    fence: dead.fence,
    runAt: null,
    error: 'it "failed"',
  });
}

async function leaveSession(store: Store): Promise<void> {
  await store.startSession(
    {
      id: newId('ses'),
      tenantId: 'contoso',
      objectId: 'oid-alex',
      provider: 'entra',
      principal: 'entra|public|contoso|oid-alex',
      generation: 3,
      createdAt: T0,
      usedAt: T0,
      endsAt: T0 + 3_600_000,
      encrypted: 'z'.repeat(9_000),
      encryptedWith: 'key-1',
    },
    recorded({ type: 'session.started' }),
  );
}

async function leaveLinks(store: Store): Promise<void> {
  await leaveSession(store);
  await store.addLink(link());
  const opened = link();
  await store.addLink(opened);
  await store.openLink(opened.id, attempt(), T0);
  const parked = link();
  const tried = attempt();
  await store.addLink(parked);
  await store.openLink(parked.id, tried, T0);
  await store.takeAttempt(tried.state, T0);
  await store.park(
    parked.id,
    { code: 'code', identity: `{"encrypted":"${'y'.repeat(9_000)}"}` },
    T0,
  );
}
