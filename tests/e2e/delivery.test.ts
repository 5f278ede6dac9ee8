import { cardOf, eventually, textOfCard } from '../../src/local/find.ts';
import { APPROVALS } from '../../src/local/profile.ts';
import type { Json } from '../../src/local/world.ts';
import { auditRowsOf } from '../support/world-database.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  askByApi,
  askByPipeline,
  askInChat,
  cardAt,
  cardsOf,
  eventuallyIn,
  personalChat,
  placeInChannel,
  press,
  pressActivity,
  readRequest,
  signedOn,
  textAt,
} from '../support/people-at-work.ts';
import type { Place } from '../support/people-at-work.ts';
import { WIRE_TRANSFER, WITH_BANK } from '../support/wire-transfer.ts';

/** Several jobs in sequence take seconds on a slow test server. */
const SLOW_STORE_MS = 60_000;
const THREADS = /\/v3\/conversations\/?$/;

let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld(WITH_BANK);
});
afterAll(async () => {
  await world?.stop();
});
afterEach(async () => {
  // Jobs left by one test would meet the faults of the next.
  await eventually('an empty job queue', async () => (await jobsLeft()) === 0, SLOW_STORE_MS);
});

/** Jobs that wait or run, without the expiry timers. */
async function jobsLeft(): Promise<number> {
  const [row] = await world.database.rows(`
    SELECT count(*) AS n FROM jobs WHERE kind <> 'expire' AND due_at IS NOT NULL`);
  return Number(row?.['n']);
}

const appliedFor = (id: string) =>
  world.target.deliveries.filter(({ webhookId }) => webhookId.includes(id));
const copies = (number: number) => cardsOf(world.connector.messages('rafael', APPROVALS), number);
const callsSince = (from: number, method: string) =>
  world.connector
    .calls()
    .slice(from)
    .filter((call) => call.method === method);

/** Approves as Amara and waits until the card in the channel shows this state. */
async function approved(
  { id, place }: { id: string; place: Place },
  state: string,
  words: RegExp,
): Promise<Json> {
  await press(world, 'amara', { place, verb: 'approve' });
  const request = await eventuallyIn(world, id, state, { withinMs: 20_000 });
  await eventually(`${state} on the card`, () => words.test(textAt(world, 'rafael', place)));
  return request;
}

async function asked(): Promise<{ id: string; number: number; place: Place }> {
  const { id, number } = await askByPipeline(world);
  return { id, number, place: await placeInChannel(world, number) };
}

describe('when Teams fails', () => {
  test.each([
    ['429 with Retry-After', { status: 429, retryAfterSeconds: 1 }],
    ['502', { status: 502 }],
    ['403 (the app is not installed yet)', { status: 403 }],
    ['500', { status: 500 }],
    ['a connection that breaks before the call takes effect', { drop: 'before' as const }],
  ])('posts the card once after %s at the first post', async (_name, fault) => {
    world.connector.fail({ ...fault, method: 'POST', path: THREADS, times: 2 });
    const one = await asked();
    expect(copies(one.number)).toHaveLength(1);
    await approved(one, 'applied', /Applied/);
    expect(appliedFor(one.id)).toHaveLength(1);
    expect(copies(one.number)).toHaveLength(1);
  });

  test.each([
    ['429 with Retry-After', { status: 429, retryAfterSeconds: 1 }],
    ['502', { status: 502 }],
    ['a connection that breaks before the call takes effect', { drop: 'before' as const }],
    ['a connection that breaks after the call took effect', { drop: 'after' as const }],
  ])(
    'settles the card after %s at updates, with a limited number of calls',
    async (_name, fault) => {
      const one = await asked();
      const from = world.connector.calls().length;
      world.connector.fail({ ...fault, method: 'PUT', times: 2 });
      await approved(one, 'applied', /Applied/);
      expect(appliedFor(one.id)).toHaveLength(1);
      // Two failed ones, and at most one for each later revision.
      expect(callsSince(from, 'PUT').length).toBeLessThanOrEqual(5);
      const settled = world.connector.calls().length;
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(world.connector.calls()).toHaveLength(settled);
    },
  );

  test('a lost answer to the first post leaves a second copy, which settles when clicked', async () => {
    world.connector.fail({ drop: 'after', method: 'POST', path: THREADS });
    const { id, number, place: orphan } = await asked();
    const both = await eventually(
      'the card that the service has stored',
      () => copies(number).length === 2 && copies(number),
    );
    const [, known] = both.map((message) => ({ chatId: APPROVALS, messageId: message.id }));
    const posted = await eventually('the event of the post', async () => {
      const rows = (await auditRowsOf(world, id)).filter(({ type }) => type === 'card.posted');
      return rows.length > 0 && rows;
    });
    expect(posted).toMatchObject([{ data: { activityId: known?.messageId } }]);
    await approved({ id, place: orphan }, 'applied', /Applied/);
    await eventually('applied on the clicked copy', () =>
      /Applied/.test(textAt(world, 'rafael', known ?? orphan)),
    );
    expect(appliedFor(id)).toHaveLength(1);
    expect(copies(number)).toHaveLength(2);
  });

  test('an unknown copy settles at a click that comes too late as well', async () => {
    world.connector.fail({ drop: 'after', method: 'POST', path: THREADS });
    const { id, number, place: orphan } = await asked();
    const [, known] = await eventually(
      'the card that the service has stored',
      () => copies(number).length === 2 && copies(number),
    );
    const before = cardAt(world, 'kenji', orphan);
    await approved(
      { id, place: { chatId: APPROVALS, messageId: known?.id ?? '' } },
      'applied',
      /Applied/,
    );
    expect(textAt(world, 'rafael', orphan)).toMatch(/Waiting for approval/);
    await press(world, 'kenji', { place: orphan, verb: 'approve', card: before });
    await eventually('applied on the copy', () => /Applied/.test(textAt(world, 'rafael', orphan)));
    expect(appliedFor(id)).toHaveLength(1);
  });

  test('posts a new card for a deleted open one, and takes the decision there', async () => {
    const { id, number } = await askByApi(world, 'mia', {
      workflow: 'payment-release',
      fields: { payment: 'PAY-0815', amount: 5, purpose: 'Ink' },
    });
    const place = await placeInChannel(world, number);
    const from = world.connector.calls().length;
    world.connector.fail({
      status: 404,
      code: 'ActivityNotFoundInConversation',
      method: 'PUT',
      path: new RegExp(place.messageId),
      times: 100,
    });
    await press(world, 'amara', { place, verb: 'approve' });
    const fresh = await eventually('a new card', () => copies(number)[1], SLOW_STORE_MS);
    expect(textOfCard(cardOf(fresh))).toMatch(/stage 2 of 2/);
    await press(world, 'ingrid', {
      place: { chatId: APPROVALS, messageId: fresh.id },
      verb: 'approve',
    });
    await eventuallyIn(world, id, 'applied');
    await eventually(
      'applied on the new card',
      () => /Applied/.test(textOfCard(cardOf(copies(number)[1]))),
      SLOW_STORE_MS,
    );
    const gone = callsSince(from, 'PUT').filter(({ status }) => status === 404);
    expect(gone).toHaveLength(1);
    expect(copies(number)).toHaveLength(2);
  });

  test('posts no new card for one that was deleted after the decision', async () => {
    const {
      id,
      number,
      place: own,
    } = await askInChat(world, 'mia', {
      command: 'request deploy-production service=search version=1.2.3',
    });
    const place = await placeInChannel(world, number);
    const from = world.connector.calls().length;
    world.connector.fail({
      status: 404,
      code: 'ActivityNotFoundInConversation',
      method: 'PUT',
      path: new RegExp(place.messageId),
      times: 100,
    });
    await press(world, 'amara', { place, verb: 'deny' });
    await eventuallyIn(world, id, 'denied');
    await eventually('denied on her own copy', () => /Denied/.test(textAt(world, 'mia', own)));
    await eventually('the end of the update job', async () => (await jobsLeft()) === 0);
    expect(callsSince(from, 'PUT').filter(({ status }) => status === 404)).toHaveLength(1);
    expect(copies(number)).toHaveLength(1);
    expect(await world.service.store.countJobs()).toMatchObject({ dead: 0 });
  });

  test('a refused update delays no other copy', async () => {
    const {
      id,
      number,
      place: own,
    } = await askInChat(world, 'mia', {
      command: 'request deploy-production service=search version=1.2.4',
    });
    const place = await placeInChannel(world, number);
    world.connector.fail({
      status: 400,
      method: 'PUT',
      path: new RegExp(own.messageId),
      times: 2,
    });
    await press(world, 'amara', { place, verb: 'approve' });
    await eventuallyIn(world, id, 'applied');
    await eventually('applied in the channel', () =>
      /Applied/.test(textAt(world, 'rafael', place)),
    );
    await eventually('applied on her own copy in the end', () =>
      /Applied/.test(textAt(world, 'mia', own)),
    );
  });

  test('ends the notice to a requester without the app, and updates the channel', async () => {
    const {
      id,
      number,
      place: own,
    } = await askInChat(world, 'tomasz', {
      command: 'request deploy-production service=search version=1.2.5',
    });
    const place = await placeInChannel(world, number);
    await world.connector.uninstall('tomasz');
    await press(world, 'kenji', { place, verb: 'approve' });
    await eventuallyIn(world, id, 'applied');
    await eventually('applied in the channel', () =>
      /Applied/.test(textAt(world, 'rafael', place)),
    );
    await eventually('the end of the notice', async () => {
      const [row] = await world.database.rows(
        `SELECT count(*) AS n FROM jobs WHERE kind = 'notify'`,
      );
      return Number(row?.['n']) === 0;
    });
    expect(await world.service.store.countJobs()).toMatchObject({ dead: 0, undeliverable: 0 });
    expect(
      world.connector
        .messages('tomasz', personalChat(world, 'tomasz'))
        .some(({ text }) => text?.startsWith(`Request ${number} `)),
    ).toBe(false);
    // His own copy of the card waits for the app.
    await world.connector.install({ personIds: ['tomasz'] });
    await eventually('applied on his own copy', () => /Applied/.test(textAt(world, 'tomasz', own)));
  });

  test('counts an invoke that the client repeats after a time-out once, with one execution', async () => {
    const { id, place } = await asked();
    const activity = pressActivity(world, 'amara', {
      place,
      verb: 'approve',
      value: await signedOn(world, 'amara', 'exchange-twice'),
    });
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => world.connector.post(activity)),
    );
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).toMatchObject({
        statusCode: 200,
        type: 'application/vnd.microsoft.card.adaptive',
      });
    }
    const request = await eventuallyIn(world, id, 'applied');
    expect((request['stages'] as { decisions: Json[] }[])[0]?.decisions).toHaveLength(1);
    expect(appliedFor(id)).toHaveLength(1);
    const decided = (await auditRowsOf(world, id)).filter(({ type }) => type === 'request.decided');
    expect(decided).toHaveLength(1);
  });
});

describe('when the target fails', () => {
  test('a refusal ends as failed, on card and outcome, without a retry', async () => {
    world.target.failNext(1, 422);
    const one = await asked();
    const request = await approved(one, 'failed', /Failed/);
    expect(request['outcome']).toMatchObject({ code: 'target_refused' });
    expect(textAt(world, 'rafael', one.place)).toMatch(/refused it \(422\)/);
    expect(appliedFor(one.id)).toEqual([]);
  });

  test('503 is retried until it works: applied once', async () => {
    world.target.failNext(1, 503);
    const one = await asked();
    await approved(one, 'applied', /Applied/);
    expect(appliedFor(one.id)).toMatchObject([{ repeat: false }]);
  });

  test('a connection that breaks before the effect is retried: applied once', async () => {
    world.target.failNext(2, 0);
    const one = await asked();
    await approved(one, 'applied', /Applied/);
    expect(appliedFor(one.id)).toMatchObject([{ repeat: false }]);
  });

  test('a lost answer is retried with the same id, without a second effect', async () => {
    const before = world.target.applied();
    world.target.failNext(1, 0, { applied: true });
    const one = await asked();
    const request = await approved(one, 'applied', /Applied/);
    expect(appliedFor(one.id)).toMatchObject([
      { repeat: false, idempotencyKey: `msg_${one.id}` },
      { repeat: true, idempotencyKey: `msg_${one.id}` },
    ]);
    expect(appliedFor(one.id)[1]?.body).toEqual(appliedFor(one.id)[0]?.body);
    expect(world.target.applied()).toBe(before + 1);
    expect(request['outcome']).toMatchObject({ reference: expect.stringMatching(/^deploy-/) });
  });

  test('a busy target that does not drop repeats is retried: applied once', async () => {
    world.target.failNext(1, 429);
    const { id, number } = await askByApi(world, 'mia', WIRE_TRANSFER);
    const place = await placeInChannel(world, number);
    await approved({ id, place }, 'applied', /Applied/);
    expect(appliedFor(id)).toMatchObject([{ repeat: false }]);
    expect(
      (await auditRowsOf(world, id))
        .map(({ type }) => type)
        .filter((type) => /held|applying|applied/.test(type)),
    ).toEqual(['request.applying', 'request.held', 'request.applying', 'request.applied']);
  });

  test('a lost answer of a target that does not drop repeats ends as unknown, without a retry', async () => {
    const before = world.target.applied();
    world.target.failNext(1, 0, { applied: true });
    const { id, number } = await askByApi(world, 'mia', WIRE_TRANSFER);
    const place = await placeInChannel(world, number);
    const request = await approved({ id, place }, 'unknown', /outcome not known/);
    expect(request['outcome']).toMatchObject({ code: 'connection_lost' });
    expect(appliedFor(id)).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(appliedFor(id)).toHaveLength(1);
    expect(world.target.applied()).toBe(before + 1);
    expect(textOfCard(cardAt(world, 'rafael', place))).toMatch(/broke off/);
    expect(await readRequest(world, id)).toMatchObject({ state: 'unknown' });
    await eventually('the notice to Mia', () =>
      world.connector
        .messages('mia', personalChat(world, 'mia'))
        .some(({ text }) => new RegExp(`Request ${number} .*outcome not known`).test(text ?? '')),
    );
  });
});

test('all cards of the tests above are settled, and nothing was given up', async () => {
  expect(await world.service.store.countJobs()).toMatchObject({ dead: 0, undeliverable: 0 });
  const waiting = world.connector
    .messages('rafael', APPROVALS)
    .map((message) => textOfCard(cardOf(message)))
    .filter((text) => /Waiting for approval|being applied/.test(text));
  // The two deleted cards keep their last content in this simulation.
  expect(waiting).toHaveLength(2);
});
