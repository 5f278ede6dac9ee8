import { cardOf, eventually, textOfCard } from '../../src/local/find.ts';
import { APPROVALS } from '../../src/local/profile.ts';
import type { Json, Message } from '../../src/local/world.ts';
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
import { WITH_BANK } from '../support/wire-transfer.ts';

/** What Teams really answers, and what is right then. Rests of jobs grow from 1 s. */
const SLOW_MS = 60_000;
const PAYMENT = {
  workflow: 'payment-release',
  fields: { payment: 'PAY-0815', amount: 5, purpose: 'Ink' },
};

let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld(WITH_BANK);
});
afterAll(async () => {
  await world?.stop();
});
afterEach(async () => {
  await eventually('an empty job queue', async () => (await jobsLeft()) === 0, SLOW_MS);
  expect(await world.service.store.countJobs()).toMatchObject({ dead: 0, undeliverable: 0 });
});

/** Jobs that wait or run, without the expiry timers. */
async function jobsLeft(): Promise<number> {
  const [row] = await world.database.rows(`
    SELECT count(*) AS n FROM jobs WHERE kind <> 'expire' AND due_at IS NOT NULL`);
  return Number(row?.['n']);
}

/** Puts the next try of so many refused cards a quarter of an hour off. */
async function putOff(cards: number): Promise<void> {
  const { store } = world.service;
  const later = Date.now() + 900_000;
  const put = new Set<string>();
  await eventually('refused cards', async () => {
    for (const { key, fence, kind } of await store.leaseJobs({
      limit: 9,
      leaseMs: 60_000,
      now: later - 1,
    })) {
      const refused = kind === 'card';
      await store.releaseJob({ key, fence, runAt: refused ? later : Date.now(), error: '403' });
      if (refused) put.add(key);
    }
    return put.size === cards;
  });
}

const copies = (number: number) => cardsOf(world.connector.messages('rafael', APPROVALS), number);
const textsTo = (personId: string): string[] =>
  world.connector
    .messages(personId, personalChat(world, personId))
    .map(({ text }: Message) => text ?? '');
const path = ({ messageId }: Place) => new RegExp(messageId);

async function asked() {
  const { id, number } = await askByApi(world, 'mia', PAYMENT);
  return { id, number, place: await placeInChannel(world, number) };
}

describe('an update that Teams refuses', () => {
  test.each([
    ['403 Unknown', { status: 403, code: 'Unknown' }],
    ['403 without a code', { status: 403, code: '' }],
    ['404 ConversationNotFound', { status: 404, code: 'ConversationNotFound' }],
    ['404 of another code', { status: 404, code: 'ServiceError' }],
  ])('with %s is tried again, on the same message', async (_name, fault) => {
    const { id, number, place } = await asked();
    world.connector.fail({ ...fault, method: 'PUT', path: path(place), times: 2 });
    await press(world, 'amara', { place, verb: 'approve' });
    await eventually('stage 2 on the card', () =>
      /stage 2 of 2/.test(textAt(world, 'rafael', place)),
    );
    expect(copies(number)).toHaveLength(1);
    await press(world, 'ingrid', { place, verb: 'deny' });
    await eventuallyIn(world, id, 'denied');
    await eventually('denied on the card', () => /Denied/.test(textAt(world, 'rafael', place)));
    expect(copies(number)).toHaveLength(1);
  });

  test('at the end is tried until the card shows it, and no button is left', async () => {
    const { id, place } = await asked();
    world.connector.fail({ status: 403, method: 'PUT', path: path(place), times: 3 });
    await press(world, 'amara', { place, verb: 'deny' });
    await eventuallyIn(world, id, 'denied');
    await eventually('denied on the card', () => /Denied/.test(textAt(world, 'rafael', place)));
    expect(JSON.stringify(cardAt(world, 'rafael', place))).not.toContain('"approve"');
  });

  test('because an administrator has blocked the bot makes no second card', async () => {
    const { id, number } = await askByPipeline(world);
    const place = await placeInChannel(world, number);
    const blocked = { status: 403, code: 'BotDisabledByAdmin', method: 'PUT', path: path(place) };
    world.connector.fail({ ...blocked, times: 3 });
    await press(world, 'amara', { place, verb: 'approve' });
    await eventuallyIn(world, id, 'applied');
    await eventually('applied on the card', () => /Applied/.test(textAt(world, 'rafael', place)));
    expect(copies(number)).toHaveLength(1);
  });
});

describe('a channel without the app', () => {
  test('gets the cards of all open requests with the installation, and the requester is told', async () => {
    await world.connector.uninstall(APPROVALS);
    const first = await askByApi(world, 'mia', PAYMENT);
    const second = await askByPipeline(world);
    await eventually('the notice to Mia', () =>
      textsTo('mia').some((text) => text.startsWith(`Request ${first.number} `)),
    );
    const told = textsTo('mia').filter((text) => text.startsWith(`Request ${first.number} `));
    expect(told).toEqual([expect.stringMatching(/channel \*\*approvals\*\*.*not in that channel/)]);
    const cardIn = (state: string) => [{ channel: 'approvals', state, revision: 0 }];
    expect(await readRequest(world, first.id)).toMatchObject({ cards: cardIn('waiting') });
    expect(copies(first.number)).toEqual([]);
    await putOff(2);
    await world.connector.install({ channelIds: [APPROVALS] });
    await eventually(
      'both cards',
      () => copies(first.number).length + copies(second.number).length === 2,
    );
    const place = await placeInChannel(world, first.number);
    // Teams shows the message before the service has stored it.
    await eventually('the stored card', async () => {
      const { cards } = await readRequest(world, first.id);
      return (cards as Json[])[0]?.['state'] === 'posted';
    });
    await press(world, 'amara', { place, verb: 'deny' });
    await press(world, 'amara', {
      place: await placeInChannel(world, second.number),
      verb: 'deny',
    });
    await eventuallyIn(world, second.id, 'denied');
    // The notice of the waiting card came once.
    expect(textsTo('mia').filter((text) => /not in that channel/.test(text))).toHaveLength(1);
  });
});

describe('the personal chat', () => {
  async function deniedFor(personId: string) {
    const { id, number } = await askByApi(world, personId, {
      workflow: 'deploy-production',
      fields: { service: 'search', version: '1.2.3' },
    });
    const place = await placeInChannel(world, number);
    return {
      number,
      deny: async () => {
        await press(world, 'amara', { place, verb: 'deny' });
        await eventuallyIn(world, id, 'denied');
      },
      told: () => textsTo(personId).some((text) => text.startsWith(`Request ${number} `)),
    };
  }

  test.each([
    ['404 ConversationNotFound', { status: 404, code: 'ConversationNotFound' }],
    ['403 BotNotInConversationRoster', { status: 403, code: 'BotNotInConversationRoster' }],
    ['403 Unknown', { status: 403, code: 'Unknown' }],
  ])('that Teams no longer knows (%s) is opened by object id', async (_name, fault) => {
    const request = await deniedFor('mia');
    const from = world.connector.calls().length;
    const activities = /\/conversations\/a%3A1[^/]*\/activities$/;
    world.connector.fail({ ...fault, method: 'POST', path: activities });
    await request.deny();
    await eventually('the notice', request.told);
    const mia = world.connector.people().find(({ id }) => id === 'mia');
    const opened = world.connector
      .calls()
      .slice(from)
      .filter(({ method, path: at }) => method === 'POST' && /\/conversations\/?$/.test(at));
    expect(opened).toMatchObject([{ body: { members: [{ id: mia?.oid }] }, status: 201 }]);
  });

  test('of a person without the app is no dead letter', async () => {
    const request = await deniedFor('tomasz');
    await world.connector.uninstall('tomasz');
    await request.deny();
    await eventually('an empty job queue', async () => (await jobsLeft()) === 0, SLOW_MS);
    expect(request.told()).toBe(false);
    expect(await world.service.store.countJobs()).toMatchObject({ dead: 0, undeliverable: 0 });
    await world.connector.install({ personIds: ['tomasz'] });
  });
});

describe('a reply', () => {
  const ACTIVITIES = /\/activities$/;
  const helps = (personId: string) =>
    world.connector
      .messages(personId, personalChat(world, personId))
      .filter((message) => /request deploy/i.test(textOfCard(cardOf(message)))).length;

  test('after an idle connection died is sent at once, and once', async () => {
    const before = helps('kenji');
    await world.connector.say('kenji', personalChat(world, 'kenji'), 'help');
    expect(helps('kenji')).toBe(before + 1);
    world.connector.fail({ drop: 'stale', method: 'POST', path: ACTIVITIES });
    await world.connector.say('kenji', personalChat(world, 'kenji'), 'help');
    expect(helps('kenji')).toBe(before + 2);
    expect(await jobsLeft()).toBe(0);
  });

  test('that Teams does not take becomes a job', async () => {
    const before = helps('kenji');
    world.connector.fail({ status: 500, method: 'POST', path: ACTIVITIES, times: 2 });
    await world.connector.say('kenji', personalChat(world, 'kenji'), 'help');
    expect(helps('kenji')).toBe(before);
    await eventually('the reply', () => helps('kenji') === before + 1, SLOW_MS);
  });
});

test('a card after an idle connection died is posted by the first call', async () => {
  world.connector.fail({ drop: 'stale', method: 'POST', path: /\/conversations\/?$/ });
  const { number, place, id } = await asked();
  expect(copies(number)).toHaveLength(1);
  world.connector.fail({ drop: 'stale', method: 'PUT' });
  await press(world, 'amara', { place, verb: 'deny' });
  await eventuallyIn(world, id, 'denied');
  await eventually('denied on the card', () => /Denied/.test(textAt(world, 'rafael', place)));
});

describe('a copy with a made-up message id', () => {
  const cardsStored = async (id: string) =>
    (await world.database.rows(`SELECT id FROM cards WHERE request_id = '${id}'`)).length;

  async function pressMadeUp(
    personId: string,
    { place, card, to }: { place: Place; card: Json; to: string },
  ) {
    const activity = pressActivity(world, personId, {
      place,
      card,
      verb: 'approve',
      value: await signedOn(world, personId, `exchange-${personId}-${to}`),
    });
    return world.connector.post({ ...activity, replyToId: to });
  }

  test('is not adopted where the person may not decide', async () => {
    const { id, place } = await asked();
    const card = cardAt(world, 'rafael', place);
    await press(world, 'amara', { place, verb: 'approve' });
    const stored = await cardsStored(id);
    for (let at = 0; at < 20; at += 1)
      await pressMadeUp('rafael', { place, card, to: `made-up-${at}` });
    expect(await cardsStored(id)).toBe(stored);
  });

  test('is adopted a few times at most for who may decide', async () => {
    const { id, place } = await asked();
    const card = cardAt(world, 'amara', place);
    await press(world, 'amara', { place, verb: 'approve' });
    for (let at = 0; at < 20; at += 1) {
      await pressMadeUp('amara', { place, card, to: `made-up-${at}` });
    }
    expect(await cardsStored(id)).toBeGreaterThan(1);
    expect(await cardsStored(id)).toBeLessThanOrEqual(8);
    await press(world, 'ingrid', { place, verb: 'deny' });
    await eventually('denied on the card', () => /Denied/.test(textAt(world, 'rafael', place)));
  });
});

test('a repeated request in a chat keeps its own copy up to date after a passing refusal', async () => {
  const { id, place } = await askInChat(world, 'mia', {
    command: 'request deploy-production service=search version=1.2.9',
  });
  world.connector.fail({ status: 403, method: 'PUT', path: path(place), times: 2 });
  const channel = await placeInChannel(world, Number((await readRequest(world, id))['number']));
  await press(world, 'amara', { place: channel, verb: 'deny' });
  await eventually('denied on her own copy', () => /Denied/.test(textAt(world, 'mia', place)));
});
