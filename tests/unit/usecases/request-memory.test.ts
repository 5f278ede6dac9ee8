import fc from 'fast-check';
import type { Principal } from '../../../src/domain/people/principal.ts';
import { createApp } from '../../../src/usecases/app.ts';
import type { App, ClickedCard } from '../../../src/usecases/ports/app.ts';
import { rememberRequests } from '../../../src/usecases/request-memory.ts';
import { runJob } from '../../../src/usecases/jobs/run-job.ts';
import type { RequestWithCards } from '../../../src/usecases/ports/store.ts';
import { card, change, request, submission } from '../../store/build.ts';
import { TENANT, principal, stage, workflow } from '../../support/builders.ts';
import { approve, ask, ben, eventsOf, mia, openHouse } from './house.ts';
import type { House } from './house.ts';

const cleo = principal({ key: 'local|cleo', objectId: 'cleo', roles: ['approver'] });

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

/** A process of its own on the house's store: with a memory of its own, and its reads counted. */
function replica() {
  const read: string[] = [];
  const store = rememberRequests({
    ...house.store,
    loadWithCards: (id) => {
      read.push(id);
      return house.store.loadWithCards(id);
    },
  });
  return { app: createApp({ ...house.deps, store }), store, read };
}

async function decide(
  app: App,
  id: string,
  {
    by = ben,
    decision = 'approve',
    digest,
    clicked = null,
    revision,
    exchangeId = null,
  }: {
    by?: Principal;
    decision?: 'approve' | 'deny';
    digest?: string;
    revision?: number;
    clicked?: ClickedCard | null;
    exchangeId?: string | null;
  } = {},
): Promise<string> {
  const known = await house.store.loadRequest(id);
  const objectId = by.objectId ?? '';
  const result = await app.decideRequest({
    id,
    by,
    decision,
    reason: null,
    digest: digest ?? known?.digest ?? '',
    revision: revision ?? known?.version ?? 0,
    channel: {
      via: clicked ? 'teams' : 'api',
      tenant: TENANT,
      objectId,
      conversationId: null,
      activityId: clicked?.activityId ?? null,
      exchangeId,
    },
    teams: clicked
      ? {
          sender: { tenantId: TENANT, objectId, userId: `29:${objectId}`, name: by.name },
          card: clicked,
        }
      : null,
  });
  return result.kind === 'refused' ? result.refusal.code : result.kind;
}

const copy = (activityId: string): ClickedCard => ({
  activityId,
  conversationId: '19:c',
  serviceUrl: 'https://teams.example',
  channels: null,
});

test('a click on a request whose card was just posted reads nothing, and only once', async () => {
  const { app, store, read } = replica();
  const id = await ask(house);
  for (const job of await house.claim('card')) await runJob({ ...house.deps, store }, job);
  read.length = 0;
  expect(await decide(app, id)).toBe('decided');
  expect(read).toEqual([]);
  expect(await decide(app, id)).toBe('repeated');
  expect(read).toEqual([id]);
  expect(await house.store.loadRequest(id)).toMatchObject({
    state: 'approved',
    version: 2,
    decisions: [{ approver: { key: ben.key } }],
  });
});

test('what another process decided is seen, whatever is remembered here', async () => {
  const [here, there] = [replica(), replica()];
  const id = await ask(house);
  await here.store.loadAhead(id);
  await there.store.loadAhead(id);
  expect(await decide(there.app, id, { by: cleo, decision: 'deny' })).toBe('decided');
  expect(await decide(here.app, id)).toBe('request_closed');
  expect(await house.store.loadRequest(id)).toMatchObject({
    state: 'denied',
    decisions: [{ approver: { key: cleo.key } }],
  });
  expect(await eventsOf(house, 'request.denied')).toHaveLength(1);
});

test("the same person's word at two processes counts once", async () => {
  const [here, there] = [replica(), replica()];
  const id = await ask(house);
  await Promise.all([here, there].map(({ store }) => store.loadAhead(id)));
  const answers = await Promise.all([decide(here.app, id), decide(there.app, id)]);
  expect(answers.sort()).toEqual(['decided', 'repeated']);
});

test('a refusal is never of what is remembered', async () => {
  house.workflows = [workflow({ stages: [stage({ quorum: 2 })] })];
  const { app, store, read } = replica();
  const id = await ask(house);
  const cases: [Parameters<typeof decide>[2], string][] = [
    [{ digest: 'sha256:other' }, 'digest_mismatch'],
    [{ by: mia }, 'own_request'],
    [{ by: principal({ key: 'local|olga', roles: [] }) }, 'role_missing'],
  ];
  for (const [given, refusal] of cases) {
    await store.loadAhead(id);
    read.length = 0;
    expect(await decide(app, id, given)).toBe(refusal);
    expect(read).toEqual([id]);
  }
  // Here a first word is remembered to be the only one; by now it was Ben who has spoken.
  await store.loadAhead(id);
  expect((await approve(house, id)).kind).toBe('decided');
  expect(await decide(app, id, { revision: 1 })).toBe('repeated');
  expect(await decide(app, id, { by: cleo })).toBe('decided');
  expect(await house.store.loadRequest(id)).toMatchObject({ state: 'approved', version: 3 });
});

test('a copy of the card that another process came to know is told of the decision', async () => {
  const { app, store } = replica();
  const id = await ask(house);
  const asked = (await store.loadAhead(id))?.request;
  if (!asked) throw new Error('no request');
  await house.store.commit(change({ cards: [card(asked, { id: 'found', ...copyOf('m:found') })] }));
  await house.claim('card');
  house.pass(120_000);
  expect(await decide(app, id)).toBe('decided');
  const told = (await house.claim('card')).map(({ subject }) => subject);
  expect(told).toContain('found');
  expect(told).toHaveLength(2);
});

test('a clicked copy is adopted once, be it known from a memory or not', async () => {
  const { app, store } = replica();
  const id = await ask(house);
  await store.loadAhead(id);
  expect(await decide(app, id, { clicked: copy('m:1') })).toBe('decided');
  const cards = (await house.store.loadWithCards(id))?.cards ?? [];
  expect(cards.map(({ activityId }) => activityId).sort()).toEqual(['m:1', null].sort());
});

test('a lost race is run again on what the store has, never on what is remembered', async () => {
  const { store } = replica();
  const id = await ask(house);
  const stale = await store.loadAhead(id);
  const exchange = { exchangeId: 'x-1', clicked: copy('m:1') };
  expect(await decide(replica().app, id, exchange)).toBe('decided');
  // A memory that is always behind, as a slow read may make it.
  const app = createApp({ ...house.deps, store: { ...store, recall: () => stale } });
  expect(await decide(app, id, { ...exchange, revision: 1 })).toBe('repeated');
});

describe('the memory', () => {
  const asked = request();

  test('holds what is pending, until it is used or changed', async () => {
    const { store } = replica();
    await store.commit(submission(asked));
    expect(store.recall(asked.id)).toBeUndefined();
    const found = await store.loadAhead(asked.id);
    expect(store.recall(asked.id)).toEqual(found);
    expect(store.recall(asked.id)).toBeUndefined();
    await store.loadAhead(asked.id);
    await store.commit(change({ cards: [card(asked, { id: 'more' })] }));
    expect(store.recall(asked.id)).toBeUndefined();
    await store.loadAhead(asked.id);
    const closed = { ...asked, version: 2, state: 'cancelled' as const };
    await store.commit(change({ guard: { requestId: asked.id, version: 1 }, request: closed }));
    expect(store.recall(asked.id)).toBeUndefined();
    await store.loadAhead(asked.id);
    expect(store.recall(asked.id)).toBeUndefined();
    expect(await store.loadAhead('req_none')).toBeUndefined();
    expect(store.recall('req_none')).toBeUndefined();
  });

  test('forgets even where the answer to a change was lost', async () => {
    const store = rememberRequests({
      ...house.store,
      commit: ({ id }) => Promise.reject(new Error(`${id} was lost`)),
    });
    await house.store.commit(submission(asked));
    await store.loadAhead(asked.id);
    const guard = { requestId: asked.id, version: 1 };
    await expect(store.commit(change({ guard }))).rejects.toThrow('lost');
    expect(store.recall(asked.id)).toBeUndefined();
  });

  test('drops what was read longest ago once it is full', async () => {
    const store = rememberRequests(house.store, 12_000);
    const long = request({ reason: 'x'.repeat(13_000) });
    const many = [asked, long, ...Array.from({ length: 10 }, () => request())];
    for (const one of many) await store.commit(submission(one));
    for (const one of many) await store.loadAhead(one.id);
    const kept = many.map(({ id }) => store.recall(id) !== undefined);
    expect(kept.slice(0, 2)).toEqual([false, false]);
    expect(kept.lastIndexOf(false)).toBe(kept.indexOf(true) - 1);
    expect(kept.at(-1)).toBe(true);
  });
});

test('processes that remember whatever they like decide as one that reads each time', async () => {
  const people = ['ben', 'cleo', 'dora'].map((name) =>
    principal({ key: `local|${name}`, objectId: name, roles: ['approver'] }),
  );
  const step = fc.record({
    process: fc.nat(1),
    who: fc.nat(2),
    deny: fc.boolean(),
    remember: fc.array(fc.nat(1), { maxLength: 2 }),
    cancel: fc.nat(9).map((n) => n === 0),
  });
  house.workflows = [workflow({ stages: [stage({ quorum: 2 }), stage({ name: 'second' })] })];
  const run = async (steps: readonly Step[], remembering: boolean) => {
    const both = [replica(), replica()];
    const apps = remembering
      ? both.map(({ app }) => app)
      : both.map(({ store }) =>
          createApp({ ...house.deps, store: { ...store, recall: () => undefined } }),
        );
    const id = await ask(house);
    const said: string[] = [];
    for (const { process, who, deny, remember, cancel } of steps) {
      for (const at of remember) await both[at]?.store.loadAhead(id);
      const app = apps[process] ?? house.app;
      const by = people[who];
      said.push(
        cancel
          ? (await app.cancelRequest({ id, by: mia })).kind
          : await decide(app, id, { decision: deny ? 'deny' : 'approve', ...(by ? { by } : {}) }),
      );
    }
    return { said, ended: shapeOf(await house.store.loadWithCards(id)) };
  };
  type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      expect(await run(steps, true)).toEqual(await run(steps, false));
    }),
    { numRuns: 40 },
  );
});

function copyOf(activityId: string) {
  const { conversationId, serviceUrl } = copy(activityId);
  return { activityId, conversationId, serviceUrl };
}

function shapeOf(found: RequestWithCards | undefined) {
  return (
    found && {
      state: found.request.state,
      version: found.request.version,
      cards: found.cards.length,
      decisions: found.request.decisions.map(({ approver, stage: at, decision }) => [
        approver.key,
        at,
        decision,
      ]),
    }
  );
}
