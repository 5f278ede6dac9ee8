import { actionOf, cardOf, eventually, textOfCard } from '../../src/local/find.ts';
import { APPROVALS } from '../../src/local/profile.ts';
import type { Json } from '../../src/local/world.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  askByApi,
  cardAt,
  eventuallyIn,
  personalChat,
  press,
  pressActivity,
  readRequest,
  signedOn,
  textAt,
} from '../support/people-at-work.ts';
import type { Place } from '../support/people-at-work.ts';

// Decided in another channel, which the members of Approvals do not see.
const BOARD = `
workflow: sell-branch
title: Sell a branch office
fields:
  - { id: buyer, type: text, required: true }
request: { roles: [developer] }
stages:
  - { name: Board, roles: [approver] }
notify: { channel: board }
execute: { use: deploy-webhook }
`;
const CHANNEL = `  board:
    team: 19:board@thread.tacv2
    channel: 19:board@thread.tacv2
    serviceUrl: \${env:LOCAL_CONNECTOR_URL}
`;
const BUYER = 'Hooli Ltd';

let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld({
    workflows: { 'sell-branch': BOARD },
    config: (text) => text.replace('\nchannels:\n', `\nchannels:\n${CHANNEL}`),
  });
});
afterAll(async () => {
  await world?.stop();
});

/** Requests as Mia and sends `status N` as somebody; returns the request and the answer's place. */
async function lookedUp(
  personId: string,
  chatId: string,
): Promise<{ id: string; number: number; place: Place }> {
  const asked = await askByApi(world, 'mia', { workflow: 'sell-branch', fields: { buyer: BUYER } });
  const before = new Set(world.connector.messages(personId, chatId).map(({ id }) => id));
  await world.connector.say(personId, chatId, `status ${asked.number}`);
  const { id: messageId } = await eventually('the answer to status', () =>
    world.connector
      .messages(personId, chatId)
      .find((one) => !before.has(one.id) && actionOf(cardOf(one), 'review') !== undefined),
  );
  return { ...asked, place: { chatId, messageId } };
}

test('a number shows nothing to a person without the right to read, whether it exists or not', async () => {
  const { place } = await lookedUp('olu', APPROVALS);
  expect(textAt(world, 'olu', place)).not.toContain(BUYER);
  const taken = await press(world, 'olu', { place, verb: 'review' });
  await world.connector.say('olu', APPROVALS, 'status 9999');
  const free = world.connector.messages('olu', APPROVALS).at(-1);
  expect(actionOf(cardOf(free), 'review')?.['data']).toEqual({ n: 9999 });
  expect(
    await press(world, 'olu', {
      place: { chatId: APPROVALS, messageId: free?.id ?? '' },
      verb: 'review',
    }),
  ).toEqual(taken);
});

test('a card reviewed and decided in another channel remains the view of that approver', async () => {
  const { id, place } = await lookedUp('olu', APPROVALS);
  const review = await press(world, 'amara', { place, verb: 'review' });
  expect(textOfCard((review as { card: Json }).card)).toContain(BUYER);
  expect(await press(world, 'amara', { place, verb: 'approve' })).toMatchObject({ kind: 'card' });
  await eventuallyIn(world, id, 'applied');
  // A copy to be updated would have been stored with the decision.
  const copies = await world.database.rows(
    'SELECT conversation_id FROM cards WHERE request_id = ?',
    id,
  );
  expect(JSON.stringify(copies)).not.toContain(APPROVALS);
  for (const personId of ['olu', 'rafael', 'mia']) {
    expect(textAt(world, personId, place)).not.toContain(BUYER);
    expect(actionOf(cardAt(world, personId, place), 'review')).toBeDefined();
  }
});

test('updates a card that was reviewed in the personal chat', async () => {
  const { id, place } = await lookedUp('kenji', personalChat(world, 'kenji'));
  await press(world, 'kenji', { place, verb: 'review' });
  await press(world, 'kenji', { place, verb: 'approve' });
  await eventuallyIn(world, id, 'applied');
  await eventually('applied in the chat', () => /Applied/.test(textAt(world, 'kenji', place)));
});

test('an id without the digest shows neither the request nor its state', async () => {
  const { id, place } = await lookedUp('olu', APPROVALS);
  const said = async (data: Json, verb: string) => {
    const action = { type: 'Action.Execute', verb, data };
    const activity = pressActivity(world, 'olu', {
      place,
      verb: 'review',
      value: { action, ...(await signedOn(world, 'olu')) },
    });
    return (await world.connector.post(activity)).body;
  };
  const made = { rev: 1, d: 'made-up', s: 'stage-1', a: null };
  for (const verb of ['approve', 'deny', 'withdraw', 'cancel', 'review', 'refresh']) {
    const none = await said({ ...made, r: 'req_00000000000000000000000000' }, verb);
    for (const rev of [1, 2, 99]) expect(await said({ ...made, rev, r: id }, verb)).toEqual(none);
    for (const change of [{ s: 'stage-9' }, { a: 'dec_1' }]) {
      expect(await said({ ...made, ...change, r: id }, verb)).toEqual(none);
    }
  }
  expect(await readRequest(world, id)).toMatchObject({ state: 'pending', version: 1 });
});
