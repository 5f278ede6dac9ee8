import { actionOf, textOfCard } from '../../src/local/find.ts';
import { demoPeople } from '../../src/local/people.ts';
import type { Json } from '../../src/local/world.ts';
import { auditRowsOf } from '../support/world-database.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByApi,
  cardAt,
  eventuallyIn,
  placeInChannel,
  pressActivity,
  readContent,
  readRequest,
  signedOn,
} from '../support/people-at-work.ts';
import type { ApiAnswer, Place } from '../support/people-at-work.ts';

// The stage needs two approvals, so that one word leaves the request pending.
const TWO_HEADS = `
workflow: two-heads
title: Rotate the signing keys
fields: []
request: { roles: [developer] }
stages:
  - { name: Heads, roles: [approver], quorum: 2 }
notify: { channel: approvals }
execute: { use: deploy-webhook }
`;

let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld({
    workflows: { 'two-heads': TWO_HEADS },
    config: (text) =>
      text.replace(
        '\nchannels:',
        `\n  links:\n    - identities: [${['kenji', 'ingrid'].map(linkOf).join(', ')}]\nchannels:`,
      ),
  });
  world.provider.setRoles('ingrid', ['approver']);
});
afterAll(async () => {
  await world?.stop();
});

function linkOf(personId: string): string {
  const { tid, oid } = demoPeople().find(({ id }) => id === personId) ?? {};
  return `{ issuer: local, tenant: '${tid}', objectId: '${oid}' }`;
}

interface Asked {
  readonly id: string;
  readonly place: Place;
  /** The card as posted for everybody. */
  readonly posted: Json;
}

async function asked(): Promise<Asked> {
  const { id, number } = await askByApi(world, 'mia', { workflow: 'two-heads' });
  const place = await placeInChannel(world, number);
  return { id, place, posted: cardAt(world, 'rafael', place) };
}

/** The only stage of a request, with its seats and words. */
async function stageOf(id: string) {
  const { stages } = (await readRequest(world, id)) as { stages: Json[] };
  const [{ seats, decisions } = {}] = stages;
  return {
    seats,
    words: (decisions as Json[]).map(({ word, nth }) => `${String(word)} ${String(nth)}`),
    lastId: String((decisions as Json[]).at(-1)?.['id']),
  };
}

let exchanges = 0;

/** A new click on a button of a card, with single sign-on. */
async function clickOn(personId: string, { place }: Asked, card: Json, verb = 'approve') {
  exchanges += 1;
  const value = await signedOn(world, personId, `exchange-${exchanges}`);
  return pressActivity(world, personId, { place, verb, card, value });
}

/** Sends a click; returns the card in the answer. */
async function send(activity: Json): Promise<Json> {
  const { status, body } = await world.connector.post(activity);
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive' },
  });
  return (body as { value: Json }).value;
}

async function tenTimes(act: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < 10; time += 1) await act();
}

async function say(as: string, id: string, word: string, after?: string): Promise<ApiAnswer> {
  const { version, digest } = await readRequest(world, id);
  return api(world, `/v1/requests/${id}/decisions`, {
    as,
    body: {
      word,
      stage: 'stage-1',
      revision: version,
      digest,
      ...(after === undefined ? {} : { after }),
    },
  });
}

/** A card with the Withdraw action, which real cards do not show yet. */
function cardWith(verb: string, data: Json): Json {
  return { actions: [{ type: 'Action.Execute', verb, data }] };
}

const decidedRows = async (id: string) =>
  (await auditRowsOf(world, id)).filter(({ type }) => type === 'request.decided');

const withdrawals: Record<string, (of: Asked, approval: string) => Promise<void>> = {
  'the API': async ({ id }, approval) => {
    expect(await say('amara', id, 'withdraw', approval)).toMatchObject({
      status: 200,
      body: { counted: true, decision: { word: 'withdraw', nth: 2 } },
    });
  },
  "the card's action": async (of, approval) => {
    const { data } = actionOf(of.posted, 'approve') ?? {};
    const card = cardWith('withdraw', { ...(data as Json), a: approval });
    const view = await send(await clickOn('amara', of, card, 'withdraw'));
    expect(textOfCard(view)).toContain('took that back');
  },
};

describe.each(Object.keys(withdrawals))('a click that was withdrawn by %s', (way) => {
  let of: Asked;
  let click: Json;
  let approval: string;
  let withdrawal: string;
  let settled: Json;

  beforeAll(async () => {
    of = await asked();
    click = await clickOn('amara', of, of.posted);
    expect(textOfCard(await send(click))).toMatch(/You approved this. 1 more approval is needed/);
    approval = (await stageOf(of.id)).lastId;
    await withdrawals[way]?.(of, approval);
    const stage = await stageOf(of.id);
    expect(stage).toMatchObject({
      seats: { filled: 0, of: 2 },
      words: ['approve 1', 'withdraw 2'],
    });
    withdrawal = stage.lastId;
    settled = await readContent(world, of.id);
    expect(settled).toMatchObject({ state: 'pending', version: 3 });
  });

  /** The viewer's own view; its buttons name the last word. */
  const expectOwnView = (card: Json) => {
    expect(textOfCard(card)).toMatch(/Your decision is asked for: Heads/);
    for (const verb of ['approve', 'deny']) {
      expect(actionOf(card, verb)?.['data']).toMatchObject({ s: 'stage-1', a: withdrawal });
    }
  };

  afterEach(async () => {
    expect(await readContent(world, of.id)).toEqual(settled);
    expect(await decidedRows(of.id)).toHaveLength(2);
  });

  test('counts for nothing when Teams sends the same activity ten times', async () => {
    await tenTimes(async () => expectOwnView(await send(click)));
  });

  test('counts for nothing when the button of the posted card is pressed ten times', async () => {
    await tenTimes(async () => {
      expectOwnView(await send(await clickOn('amara', of, of.posted)));
    });
  });

  test.each([
    ['no last word', () => undefined],
    ['the word that was withdrawn', () => approval],
    ['an unknown word', () => 'dec_00000000000000000000000000'],
  ])('counts for nothing when sent to the API ten times, with %s', async (_name, after) => {
    await tenTimes(async () => {
      expect(await say('amara', of.id, 'approve', after())).toMatchObject({
        status: 200,
        body: {
          counted: false,
          request: { state: 'pending', stages: [{ seats: { filled: 0, of: 2 } }] },
          decision: { id: withdrawal, word: 'withdraw', nth: 2 },
        },
      });
    });
  });
});

test('the button of the own view counts once, and its repeats count for nothing', async () => {
  const of = await asked();
  await send(await clickOn('amara', of, of.posted));
  await say('amara', of.id, 'withdraw', (await stageOf(of.id)).lastId);
  const own = await send(await clickOn('amara', of, of.posted));
  const again = await clickOn('amara', of, own);
  expect(textOfCard(await send(again))).toMatch(/You approved this/);
  expect(await stageOf(of.id)).toMatchObject({
    seats: { filled: 1, of: 2 },
    words: ['approve 1', 'withdraw 2', 'approve 3'],
  });
  await say('amara', of.id, 'withdraw', (await stageOf(of.id)).lastId);
  await tenTimes(() => send(again));
  expect(await stageOf(of.id)).toMatchObject({
    seats: { filled: 0, of: 2 },
    words: ['approve 1', 'withdraw 2', 'approve 3', 'withdraw 4'],
  });
});

test("a deny that names the person's own approval replaces it and ends the request", async () => {
  const of = await asked();
  expect(await say('amara', of.id, 'approve')).toMatchObject({ body: { counted: true } });
  const { lastId } = await stageOf(of.id);
  expect(await say('amara', of.id, 'deny')).toMatchObject({ body: { counted: false } });
  expect(await stageOf(of.id)).toMatchObject({ seats: { filled: 1, of: 2 } });
  expect(await say('amara', of.id, 'deny', lastId)).toMatchObject({
    status: 200,
    body: { counted: true, decision: { word: 'deny', nth: 2 } },
  });
  expect(await eventuallyIn(world, of.id, 'denied')).toMatchObject({
    stages: [{ state: 'denied', seats: { filled: 0, of: 2 } }],
  });
});

test("rejects a withdrawal without a word to withdraw, or without that person's proof", async () => {
  const of = await asked();
  expect(await say('amara', of.id, 'withdraw')).toMatchObject({
    status: 409,
    body: { code: 'nothing_to_withdraw' },
  });
  await say('amara', of.id, 'approve');
  const { lastId } = await stageOf(of.id);
  expect(await say('kenji', of.id, 'withdraw', lastId)).toMatchObject({
    status: 200,
    body: { counted: false, decision: null },
  });
  const { data } = actionOf(of.posted, 'approve') ?? {};
  const card = cardWith('withdraw', { ...(data as Json), a: lastId });
  const bare = pressActivity(world, 'amara', { place: of.place, verb: 'withdraw', card });
  expect((await world.connector.post(bare)).body).toMatchObject({ statusCode: 401 });
  expect(await stageOf(of.id)).toMatchObject({ words: ['approve 1'], seats: { filled: 1 } });
});

describe('a linked account', () => {
  let of: Asked;

  beforeAll(async () => {
    of = await asked();
    await send(await clickOn('kenji', of, of.posted));
  });

  const expectNothingOffered = (card: Json) => {
    expect(actionOf(card, 'approve')).toBeUndefined();
    expect(actionOf(card, 'deny')).toBeUndefined();
    expect(textOfCard(card)).toMatch(/You approved this. 1 more approval is needed/);
  };
  afterEach(async () => {
    expect(await stageOf(of.id)).toMatchObject({
      seats: { filled: 1, of: 2 },
      words: ['approve 1'],
    });
  });

  test('is not offered Approve in its own view after the approval of the other account', async () => {
    const { refresh } = cardAt(world, 'rafael', of.place) as { refresh: { action: Json } };
    const view = world.connector.activity({
      personId: 'ingrid',
      chatId: of.place.chatId,
      replyToId: of.place.messageId,
      with: {
        type: 'invoke',
        name: 'adaptiveCard/action',
        value: { action: refresh.action, trigger: 'automatic' },
      },
    });
    expectNothingOffered(await send(view));
  });

  test('is answered with that view when it clicks, and the click does not count', async () => {
    expectNothingOffered(await send(await clickOn('ingrid', of, of.posted)));
  });

  test('that may not read the request learns nothing of it, by API or with a guessed digest', async () => {
    const { version, digest } = await readRequest(world, of.id);
    const word = { word: 'approve', stage: 'stage-1', revision: version, digest };
    world.provider.setRoles('ingrid', []);
    try {
      const path = `/v1/requests/${of.id}`;
      const read = await api(world, path, { as: 'ingrid' });
      expect(read).toMatchObject({ status: 404, body: { code: 'request_not_found' } });
      expect(await api(world, `${path}/decisions`, { as: 'ingrid', body: word })).toMatchObject({
        status: 404,
        body: read.body,
      });
      const { data } = actionOf(of.posted, 'approve') ?? {};
      const guessed = cardWith('approve', { ...(data as Json), d: 'guessed' });
      const { body } = await world.connector.post(await clickOn('ingrid', of, guessed));
      expect(body).toMatchObject({
        type: 'application/vnd.microsoft.activity.message',
        value: expect.stringMatching(/^There is no such request/),
      });
    } finally {
      world.provider.setRoles('ingrid', ['approver']);
    }
  });

  test('gets the answer of the API that its word does not count', async () => {
    expect(await say('ingrid', of.id, 'approve')).toMatchObject({
      status: 200,
      body: { counted: false, decision: { approver: { name: 'Kenji Watanabe' }, nth: 1 } },
    });
  });
});
