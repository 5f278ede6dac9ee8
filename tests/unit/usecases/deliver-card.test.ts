import { eventually } from '../../../src/local/find.ts';
import { StoreError } from '../../../src/usecases/ports/store-error.ts';
import { cardJob } from '../../../src/usecases/requests/build-change.ts';
import { DeliveryError } from '../../../src/usecases/ports/delivery-error.ts';
import { answerLost, approve, ask, ben, eventsOf, mia, openFixture, runJob } from './fixture.ts';
import type { Fixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

const cardsOf = async (id: string) => (await fixture.store.loadWithCards(id))?.cards ?? [];

async function deliverAll(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    for (const job of await fixture.lease('card')) await runJob(fixture.deps, job);
  }
}

/** Blocks this process until its lease expires, while another one delivers what is due. */
function standStill(leaseMs: number, meanwhile: () => Promise<unknown> = async () => undefined) {
  let once = true;
  fixture.beforeAnswer = async () => {
    if (!once) return;
    once = false;
    fixture.pass(leaseMs);
    await meanwhile();
    for (const job of await fixture.lease('card')) await runJob(fixture.deps, job);
  };
}

test('the commit that stores the message id also ends the job', async () => {
  await ask(fixture);
  const [job] = await fixture.lease('card');
  if (!job) throw new Error('no card job');
  expect(await runJob(fixture.deps, job)).toBe('acknowledged');
  expect(await fixture.lease('card')).toEqual([]);
  expect((await fixture.store.countJobs()).waiting).toBe(1);
  expect(await eventsOf(fixture, 'card.posted')).toMatchObject([{ data: { activityId: 'm1' } }]);
});

describe('while a job waits for its turn', () => {
  const meanwhile = (act: () => Promise<unknown>) => {
    fixture.beforeTurn = async () => {
      fixture.beforeTurn = async () => undefined;
      await act();
    };
  };

  test('a newer state replaces the older one: one call, one finished job', async () => {
    const id = await ask(fixture);
    meanwhile(() => approve(fixture, id));
    await deliverAll();
    expect([...fixture.messages]).toEqual([['m1', 2]]);
    expect(await cardsOf(id)).toMatchObject([{ activityId: 'm1', postedRevision: 2 }]);
    expect(await fixture.lease('card')).toEqual([]);
  });

  test('sends nothing when another process posts the card, and retries the job', async () => {
    const id = await ask(fixture);
    const [job] = await fixture.lease('card', 1_000);
    if (!job) throw new Error('no card job');
    meanwhile(async () => {
      fixture.pass(1_000);
      await deliverAll();
    });
    expect(await runJob(fixture.deps, job)).toHaveProperty('notBefore');
    expect([...fixture.messages]).toEqual([['m1', 1]]);
    expect(await cardsOf(id)).toMatchObject([{ activityId: 'm1', postedRevision: 1 }]);
  });
});

test('when two processes post the card, both copies are stored and settle', async () => {
  const id = await ask(fixture);
  const [job] = await fixture.lease('card', 1_000);
  if (!job) throw new Error('no card job');
  standStill(1_000);
  await runJob(fixture.deps, job);
  await deliverAll();
  expect([...fixture.messages]).toEqual([
    ['m1', 1],
    ['m2', 1],
  ]);
  await approve(fixture, id);
  await deliverAll();
  expect([...fixture.messages]).toEqual([
    ['m1', 2],
    ['m2', 2],
  ]);
});

test('corrects an older update that arrives after a newer one', async () => {
  const id = await ask(fixture);
  await deliverAll();
  await approve(fixture, id);
  const [job] = await fixture.lease('card', 1_000);
  if (!job) throw new Error('no card job');
  // Revision 2 is being sent; meanwhile the request changes and another process sends revision 3.
  standStill(1_000, async () => {
    const [execute] = await fixture.lease('execute');
    if (execute) await runJob(fixture.deps, execute);
  });
  const update = fixture.deps.notifier.updateCard;
  let first = true;
  const late: Fixture['deps'] = {
    ...fixture.deps,
    notifier: {
      ...fixture.deps.notifier,
      async updateCard(at, card, turn) {
        let shown = '';
        const posted = await update(
          at,
          async () => {
            const made = await card();
            shown = made?.summary ?? '';
            return made;
          },
          turn,
        );
        // Teams applies this update last.
        if (first) fixture.messages.set(at.activityId, Number(shown));
        first = false;
        return posted;
      },
    },
  };
  await runJob(late, job);
  await deliverAll();
  const request = await fixture.store.loadRequest(id);
  expect([...fixture.messages]).toEqual([['m1', request?.version]]);
});

test('stores the message id after transient store faults, and posts once', async () => {
  await ask(fixture);
  const [job] = await fixture.lease('card');
  if (!job) throw new Error('no card job');
  const faults = [
    new StoreError('store_full', 'full'),
    new StoreError('store_busy', 'busy'),
    answerLost(),
  ];
  fixture.commit = async (change, real) => {
    const fault = change.cards ? faults.shift() : undefined;
    // The change is written and the answer lost.
    if (fault?.code === 'store_unavailable') await real();
    if (fault) throw fault;
    return real();
  };
  await runJob(fixture.deps, job);
  await deliverAll();
  expect([...fixture.messages.keys()]).toEqual(['m1']);
  expect(faults).toEqual([]);
});

test('a delivery slower than its lease leaves one stored copy when nobody else delivers', async () => {
  const id = await ask(fixture);
  const [job] = await fixture.lease('card', 1_000);
  if (!job) throw new Error('no card job');
  let again: typeof job | undefined;
  fixture.beforeAnswer = async () => {
    fixture.beforeAnswer = async () => undefined;
    fixture.pass(1_000);
    [again] = await fixture.lease('card');
  };
  await runJob(fixture.deps, job);
  if (!again) throw new Error('the lease has run out');
  expect(await runJob(fixture.deps, again)).toBe('done');
  expect([...fixture.messages]).toEqual([['m1', 1]]);
  expect(await cardsOf(id)).toMatchObject([{ activityId: 'm1', postedRevision: 1 }]);
});

test.each([
  ['after both posts', false],
  ['that knew one of them', true],
])('keeps both copies of concurrent posts, which settle with a step %s', async (_name, between) => {
  const id = await ask(fixture);
  const [job] = await fixture.lease('card', 1_000);
  if (!job) throw new Error('no card job');
  // This process posts m1. The other one posts m2 before we store m1, and stores it after us.
  let write = () => undefined as void;
  const mayWrite = new Promise<void>((resolve) => {
    write = resolve;
  });
  let other: Promise<unknown> | undefined;
  fixture.beforeAnswer = async ({ activityId }) => {
    if (activityId === 'm2') return mayWrite;
    fixture.pass(1_000);
    const [again] = await fixture.lease('card');
    if (!again) throw new Error('the lease has run out');
    other = runJob(fixture.deps, again);
    await eventually('the post of the other process', () => fixture.messages.has('m2'));
  };
  await runJob(fixture.deps, job);
  if (between) await approve(fixture, id);
  write();
  await other;
  fixture.beforeAnswer = async () => undefined;
  expect((await cardsOf(id)).map((card) => card.activityId).sort()).toEqual(['m1', 'm2']);
  if (!between) await approve(fixture, id);
  await deliverAll();
  expect([...fixture.messages]).toEqual([
    ['m1', 2],
    ['m2', 2],
  ]);
});

test('supersedes the copy of an adopted message before another process can post it', async () => {
  const id = await ask(fixture);
  const [job] = await fixture.lease('card');
  if (!job) throw new Error('no card job');
  // Somebody clicks m1 before its id is known here, and a step asks for all copies.
  fixture.beforeAnswer = async (at) => {
    fixture.beforeAnswer = async () => undefined;
    const adopted = {
      id: 'crd_adopted',
      requestId: id,
      state: 'posted',
      channel: null,
      ...at,
      postedRevision: 0,
    } as const;
    await fixture.store.commit({
      id: 'chg_adopted',
      at: fixture.deps.clock.now(),
      cards: [adopted],
      jobs: [cardJob(adopted, 0), { ...job, when: 'earliest' }],
    });
  };
  const statesWhileFree: unknown[] = [];
  fixture.commit = async (_change, real) => {
    const result = await real();
    const free = (await fixture.lease('card', 1)).some(({ key }) => key === job.key);
    const card = (await cardsOf(id)).find((one) => job.key === `card:${one.id}`);
    if (free) statesWhileFree.push(card?.state);
    fixture.pass(1);
    return result;
  };
  await runJob(fixture.deps, job);
  fixture.commit = (_change, real) => real();
  expect(new Set(statesWhileFree)).toEqual(new Set(['superseded']));
  await deliverAll();
  expect([...fixture.messages.keys()]).toEqual(['m1']);
});

test('updates a copy that a concurrent step did not know', async () => {
  const faults: StoreError[] = [];
  fixture.commit = (change, real) => {
    const fault = change.cards || change.guard ? undefined : faults.shift();
    return fault ? Promise.reject(fault) : real();
  };
  const id = await ask(fixture);
  faults.push(new StoreError('store_busy', 'busy'));
  const [job] = await fixture.lease('card');
  if (!job) throw new Error('no card job');
  fixture.beforeAnswer = async () => {
    fixture.beforeAnswer = async () => undefined;
    const request = await fixture.store.loadRequest(id);
    if (!request) throw new Error('no request');
    await fixture.store.commit({
      id: 'chg_step',
      at: fixture.deps.clock.now(),
      guard: { requestId: id, version: 1 },
      request: { ...request, version: 2 },
    });
  };
  await runJob(fixture.deps, job);
  await deliverAll();
  expect([...fixture.messages]).toEqual([['m1', 2]]);
  expect(faults).toEqual([]);
});

describe('a card that Teams refuses', () => {
  const DAY_MS = 86_400_000;
  let refusal: DeliveryError | null;
  let deps: Fixture['deps'];
  beforeEach(() => {
    refusal = new DeliveryError('status 403', { status: 403 });
    const { notifier } = fixture.deps;
    const unlessRefused = () => {
      if (refusal !== null) throw refusal;
    };
    deps = {
      ...fixture.deps,
      notifier: {
        ...notifier,
        postCard: async (...given) => {
          unlessRefused();
          return notifier.postCard(...given);
        },
        updateCard: async (...given) => {
          unlessRefused();
          return notifier.updateCard(...given);
        },
      },
    };
  });

  async function runCard() {
    const [job] = await fixture.lease('card');
    if (!job) throw new Error('no card job');
    return { job, result: await runJob(deps, job) };
  }

  async function denied(id: string): Promise<void> {
    const request = await fixture.store.loadRequest(id);
    await fixture.app.decideRequest({
      id,
      by: ben,
      word: 'deny',
      stage: 'stage-1',
      after: null,
      reason: null,
      digest: request?.digest ?? '',
      revision: 1,
      teams: null,
      origin: {
        via: 'api',
        tenant: null,
        objectId: null,
        activityId: null,
        conversationId: null,
        exchangeId: null,
      },
    });
  }

  test('is tried until seven days after the end, then undeliverable, and posted by a retry', async () => {
    const id = await ask(fixture);
    fixture.pass(60_000);
    expect((await runCard()).result).toEqual({ retryAtMs: null, refused: 'status 403' });
    await denied(id);
    fixture.pass(7 * DAY_MS - 1_000);
    const before = await runCard();
    expect(before.result).toEqual({ retryAtMs: null, refused: 'status 403' });
    await fixture.store.releaseJob({ ...before.job, runAt: 0, error: 'x' });
    fixture.pass(1_000);
    const { job, result } = await runCard();
    expect(result).toEqual({ undeliverable: 'status 403' });
    expect(await cardsOf(id)).toMatchObject([{ state: 'undeliverable', activityId: null }]);
    refusal = null;
    expect(await runJob(deps, job)).toBe('acknowledged');
    expect(await cardsOf(id)).toMatchObject([{ state: 'posted', activityId: 'm1' }]);
  });

  test('for its place waits, and the requester is told once', async () => {
    const id = await ask(fixture);
    refusal = new DeliveryError('no', { status: 403, reason: 'not_member' });
    const told: unknown[] = [];
    const { job } = await runCard();
    expect(await cardsOf(id)).toMatchObject([{ state: 'waiting' }]);
    await runJob(deps, job);
    const notices = await fixture.lease('notify');
    expect(notices.map(({ key }) => key)).toEqual([`notify:${id}:not_member`]);
    const tell = async (...[, notice]: Parameters<typeof deps.notifier.tell>) =>
      void told.push(notice);
    for (const notice of notices) {
      await runJob({ ...deps, notifier: { ...deps.notifier, tell } }, notice);
    }
    expect(told).toMatchObject([
      { code: 'card_waiting', params: { channel: 'approvals', reason: 'not_member' } },
    ]);
  });

  test('keeps the message that another process stored meanwhile', async () => {
    const id = await ask(fixture);
    refusal = new DeliveryError('no', { status: 403, reason: 'not_member' });
    const [job] = await fixture.lease('card', 1_000);
    if (!job) throw new Error('no card job');
    fixture.pass(1_000);
    const [again] = await fixture.lease('card');
    if (!again) throw new Error('the lease has run out');
    const posted = await runJob(fixture.deps, again);
    expect(posted).toBe('acknowledged');
    await runJob(deps, job);
    expect(await cardsOf(id)).toMatchObject([{ state: 'posted', activityId: 'm1' }]);
  });

  test('keeps the message that a process stored after its lease, before this refusal', async () => {
    const id = await ask(fixture);
    const [job] = await fixture.lease('card', 1_000);
    if (!job) throw new Error('no card job');
    let posted = () => undefined as void;
    const isPosted = new Promise<void>((resolve) => {
      posted = resolve;
    });
    let store = () => undefined as void;
    const mayStore = new Promise<void>((resolve) => {
      store = resolve;
    });
    fixture.beforeAnswer = async () => {
      posted();
      await mayStore;
    };
    const first = runJob(fixture.deps, job);
    await isPosted;
    fixture.pass(1_000);
    const [again] = await fixture.lease('card');
    if (!again) throw new Error('the lease has run out');
    const postCard = async () => {
      store();
      await first;
      throw new DeliveryError('no', { status: 403, reason: 'not_member' });
    };
    const refuses = { ...deps, notifier: { ...deps.notifier, postCard } };
    expect(await runJob(refuses, again)).toHaveProperty('notBefore');
    expect(await cardsOf(id)).toMatchObject([{ state: 'posted', activityId: 'm1' }]);
  });

  test('is recorded as posted after it waited', async () => {
    await ask(fixture);
    refusal = new DeliveryError('no', { status: 403, reason: 'not_member' });
    const { job } = await runCard();
    refusal = null;
    expect(await runJob(deps, job)).toBe('acknowledged');
    expect(await eventsOf(fixture, 'card.posted')).toMatchObject([{ data: { activityId: 'm1' } }]);
  });

  test('because somebody deleted the message is posted anew, or stays gone after the end', async () => {
    const id = await ask(fixture);
    refusal = null;
    await runCard();
    await denied(id);
    refusal = new DeliveryError('404', { status: 404, reason: 'message_gone' });
    const { result } = await runCard();
    expect(result).toBe('done');
    expect(await cardsOf(id)).toMatchObject([{ state: 'gone', activityId: 'm1' }]);
  });
});

test('a notice to a person without the app is no failure', async () => {
  const id = await ask(fixture);
  await fixture.app.cancelRequest({ id, by: mia });
  const [job] = await fixture.lease('notify');
  if (!job) throw new Error('no notice');
  const tell = () =>
    Promise.reject(new DeliveryError('no', { status: 403, reason: 'unreachable' }));
  const deps = { ...fixture.deps, notifier: { ...fixture.deps.notifier, tell } };
  expect(await runJob(deps, { ...job, attempts: 4 })).toBe('done');
});

test('a notice is tried again after a refusal that may pass', async () => {
  const id = await ask(fixture);
  await fixture.app.cancelRequest({ id, by: mia });
  const [job] = await fixture.lease('notify');
  if (!job) throw new Error('no notice');
  const tell = () =>
    Promise.reject(new DeliveryError('no', { status: 403, reason: 'unreachable' }));
  const deps = { ...fixture.deps, notifier: { ...fixture.deps.notifier, tell } };
  expect(await runJob(deps, job)).toEqual({ retryAtMs: null, refused: 'no' });
});

test('a reply is sent by its job, and is undeliverable after a day', async () => {
  const to = { conversationId: 'a:1', serviceUrl: 'https://teams.example', tenantId: 't' };
  const person = { tenantId: 't', objectId: 'o' };
  await fixture.app.replyLater({ to, message: { text: 'Hello' }, person });
  fixture.pass(1_000);
  const [job] = await fixture.lease('reply');
  if (!job) throw new Error('no reply');
  expect(job.about).toEqual({ type: 'person', id: 'person:t:o' });
  const sent: unknown[] = [];
  const reply = async (...given: unknown[]) => void sent.push(given.slice(0, 2));
  const works = { ...fixture.deps, notifier: { ...fixture.deps.notifier, reply } };
  expect(await runJob(works, job)).toBe('done');
  expect(sent).toEqual([[to, { text: 'Hello' }]]);
  const refuses = () => Promise.reject(new DeliveryError('status 403', { status: 403 }));
  const fails = { ...fixture.deps, notifier: { ...fixture.deps.notifier, reply: refuses } };
  expect(await runJob(fails, job)).toEqual({ retryAtMs: null, refused: 'status 403' });
  fixture.pass(86_400_000);
  expect(await runJob(fails, job)).toEqual({ undeliverable: 'status 403' });
});
