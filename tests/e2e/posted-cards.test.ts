import { readdirSync, readFileSync } from 'node:fs';
import { actionOf, cardOf, eventually, textOfCard } from '../../src/local/find.ts';
import { APPROVALS } from '../../src/local/profile.ts';
import type { ClickResult, Json } from '../../src/local/world.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByApi,
  askInChat,
  cardAt,
  inputsOf,
  openForm,
  personalChat,
  placeInChannel,
  press,
  readRequest,
} from '../support/people-at-work.ts';
import type { Place } from '../support/people-at-work.ts';
import { nodesOf } from '../unit/cards/card-reading.ts';

/*
 * A card stays in a chat for years, and its buttons send what the version that posted it wrote into
 * them. Each file holds that data for one version, with what differs between requests in brackets.
 * A version that writes other data adds a file of its own. A released file is never changed: the
 * first release is 0.2.0, and its file follows the code until then.
 */
const FOLDER = new URL('golden/posted-cards/', import.meta.url);
const files = readdirSync(FOLDER).sort((one, other) =>
  one.localeCompare(other, 'en', { numeric: true }),
);

/** What a button sends, and the ids of the inputs whose values it adds. */
interface Posted {
  readonly verb?: string;
  readonly data: Json;
  readonly inputs?: readonly string[];
}
type PostedCards = Readonly<Record<string, Posted>>;

const postedBy = (file: string): PostedCards =>
  JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));

// Two approvals are needed, so that one word leaves the request pending.
const WORKFLOW = `
workflow: posted
title: Rotate the signing keys
fields: [{ id: service, type: text, required: true }]
request: { roles: [developer] }
stages: [{ name: Heads, roles: [approver], quorum: 2 }]
notify: { channel: approvals }
execute: { use: deploy-webhook }
`;
const ASKED = { workflow: 'posted', fields: { service: 'checkout' }, reason: 'They are old.' };
/** A field that is too long for the card of a channel, which then offers Review. */
const LONG = {
  ...ASKED,
  fields: { service: 'x'.repeat(200) },
  reason: 'They are old.\n'.repeat(30),
};

let world: LocalWorld;
beforeAll(async () => {
  world = await startWorld({ workflows: { posted: WORKFLOW } });
});
afterAll(async () => {
  await world?.stop();
});

/** A new request, with its card in the channel. */
async function asked(body: Json = ASKED) {
  const { id, number } = await askByApi(world, 'mia', body);
  return { id, number, place: await placeInChannel(world, number) };
}

/** What stands for the values in brackets, for one request. */
async function valuesOf(id: string): Promise<Readonly<Record<string, unknown>>> {
  const { version, digest, number } = await readRequest(world, id);
  const last = (await wordsOf(id)).at(-1)?.['id'];
  return {
    '<id>': id,
    '<revision>': version,
    '<digest>': digest,
    '<number>': number,
    ...(last === undefined ? {} : { '<last word>': last }),
  };
}

async function wordsOf(id: string): Promise<Json[]> {
  const { stages } = await readRequest(world, id);
  return (stages as { decisions: Json[] }[]).flatMap(({ decisions }) => decisions);
}

const mapped = (data: Json, change: (value: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(data).map(([name, value]) => [name, change(value)]));

/** Withdraws a person's last word on a request. */
async function withdraw(personId: string, id: string): Promise<void> {
  const { version: revision, digest } = await readRequest(world, id);
  const after = (await wordsOf(id)).at(-1)?.['id'];
  const body = { word: 'withdraw', stage: 'stage-1', revision, digest, after };
  const answer = await api(world, `/v1/requests/${id}/decisions`, { as: personId, body });
  expect(answer).toMatchObject({ status: 200, body: { counted: true } });
}

function shownBy(result: ClickResult): Json {
  if (result.kind !== 'card' && result.kind !== 'dialog') throw new Error(JSON.stringify(result));
  return result.card;
}

/** The bot's answer to `status <number>` in a person's chat. */
async function statusOf(personId: string, number: number): Promise<Place> {
  const chatId = personalChat(world, personId);
  await world.connector.say(personId, chatId, `status ${number}`);
  const { id: messageId } = await eventually('the answer to status', () =>
    world.connector
      .messages(personId, chatId)
      .findLast((one) => textOfCard(cardOf(one)).includes(`Request ${number}`)),
  );
  return { chatId, messageId };
}

interface Shown {
  /** The request that the button is about; null: none yet. */
  readonly id: string | null;
  readonly action: Json | undefined;
  /** The card whose inputs the button sends, where it has any. */
  readonly form?: Json;
}

const submitIn = (card: Json) => nodesOf(card).find(({ type }) => type === 'Action.Submit');
const dialogFor = async (data: Json) =>
  shownBy(
    await world.connector.submitExtension({
      personId: 'mia',
      chatId: APPROVALS,
      commandId: 'request',
      data,
    }),
  );

/** Today's buttons, by the names of the files. */
const today: Readonly<Record<string, () => Promise<Shown>>> = {
  approve: async () => {
    const { id, place } = await asked();
    return { id, action: actionOf(cardAt(world, 'rafael', place), 'approve') };
  },
  'approve again': async () => {
    const { id, place } = await asked();
    await press(world, 'amara', { place, verb: 'approve' });
    await withdraw('amara', id);
    const card = cardAt(world, 'rafael', place);
    const own = shownBy(await press(world, 'amara', { place, verb: 'approve', card }));
    return { id, action: actionOf(own, 'approve') };
  },
  deny: async () => {
    const { id, place } = await asked();
    const form = cardAt(world, 'rafael', place);
    return { id, action: actionOf(form, 'deny'), form };
  },
  'deny in review': async () => {
    const { id, number } = await asked();
    const place = await statusOf('kenji', number);
    const form = shownBy(await press(world, 'kenji', { place, verb: 'review' }));
    return { id, action: actionOf(form, 'deny'), form };
  },
  review: async () => {
    const { id, place } = await asked(LONG);
    return { id, action: actionOf(cardAt(world, 'rafael', place), 'review') };
  },
  refresh: async () => {
    const { id, place } = await asked();
    const { refresh } = cardAt(world, 'rafael', place) as { refresh: { action: Json } };
    return { id, action: refresh.action };
  },
  cancel: async () => {
    const { id, place } = await askInChat(world, 'mia', {
      command: 'request posted service=checkout',
    });
    return { id, action: actionOf(cardAt(world, 'mia', place), 'cancel') };
  },
  status: async () => {
    const { id, number } = await asked();
    return {
      id,
      action: actionOf(cardAt(world, 'amara', await statusOf('amara', number)), 'review'),
    };
  },
  form: async () => {
    const form = cardOf(await openForm(world, 'mia', 'request posted')) ?? {};
    return { id: null, action: actionOf(form, 'submit'), form };
  },
  dialog: async () => {
    const form = await dialogFor({ workflow: 'posted' });
    return { id: null, action: submitIn(form), form };
  },
  choice: async () => {
    const form = shownBy(await world.connector.openExtension('mia', APPROVALS, 'request'));
    return { id: null, action: submitIn(form), form };
  },
};

describe("today's cards", () => {
  const newest = postedBy(files.at(-1) ?? '');

  test('are those of the newest file', () => {
    expect(Object.keys(today).sort()).toEqual(Object.keys(newest).sort());
  });

  test.each(Object.entries(today))('send with %s what the newest file says', async (name, show) => {
    const { id, action, form } = await show();
    const { verb, data } = action ?? {};
    const values = id === null ? [] : Object.entries(await valuesOf(id));
    const inBrackets = (value: unknown) => values.find(([, own]) => own === value)?.[0] ?? value;
    expect({
      ...(verb === undefined ? {} : { verb }),
      data: mapped(data as Json, inBrackets),
      ...(form === undefined ? {} : { inputs: Object.keys(inputsOf(form)) }),
    }).toEqual(newest[name]);
  });
});

const TYPED: Json = {
  service: 'billing',
  reason: 'Once',
  'reason:stage-1': 'Once',
  workflow: 'posted',
};

describe.each(files)('a card of %s', (file) => {
  const cards = postedBy(file);

  /** The data of a button for one request, with what a person types. */
  async function sent(name: string, id: string): Promise<{ verb?: string; data: Json }> {
    const { verb, data, inputs = [] } = cards[name] ?? { data: {} };
    const values = await valuesOf(id);
    const known = (value: unknown) => (typeof value === 'string' && values[value]) || value;
    const typed = Object.fromEntries(inputs.map((input) => [input, TYPED[input]]));
    const all = { ...mapped(data, known), ...typed };
    return verb === undefined ? { data: all } : { verb, data: all };
  }

  async function click(
    personId: string,
    name: string,
    { id, place }: { id: string; place: Place },
  ) {
    const { chatId, messageId } = place;
    const action = { type: 'Action.Execute', ...(await sent(name, id)) };
    return world.connector.click({ personId, chatId, messageId, action });
  }

  test('approves, and once more after a withdrawal', async () => {
    const of = await asked();
    expect(await click('amara', 'approve', of)).toMatchObject({ kind: 'card' });
    expect(await wordsOf(of.id)).toMatchObject([{ word: 'approve', nth: 1 }]);
    await withdraw('amara', of.id);
    expect(await click('amara', 'approve again', of)).toMatchObject({ kind: 'card' });
    expect(await wordsOf(of.id)).toMatchObject([
      { nth: 1 },
      { nth: 2 },
      { word: 'approve', nth: 3 },
    ]);
  });

  test.each(['deny', 'deny in review'])('denies by "%s", with the reason', async (name) => {
    const of = await asked();
    expect(await click('kenji', name, of)).toMatchObject({ kind: 'card' });
    expect(await wordsOf(of.id)).toMatchObject([{ word: 'deny', reason: 'Once' }]);
    expect(await readRequest(world, of.id)).toMatchObject({ state: 'denied' });
  });

  test.each(['review', 'status', 'refresh'])('shows the request by "%s"', async (name) => {
    const of = await asked();
    const card = shownBy(await click('amara', name, of));
    expect(textOfCard(card)).toContain(`#${of.number}`);
    expect(actionOf(card, 'approve')).toBeDefined();
  });

  test('cancels', async () => {
    const of = await asked();
    expect(await click('mia', 'cancel', of)).toMatchObject({ kind: 'card' });
    expect(await readRequest(world, of.id)).toMatchObject({ state: 'cancelled' });
  });

  test('requests by its form', async () => {
    const { id } = await asked();
    const { id: messageId, chatId } = await openForm(world, 'mia', 'request posted');
    await click('mia', 'form', { id, place: { chatId, messageId } });
    const { body } = await api(world, '/v1/requests?requester=me&limit=1', { as: 'mia' });
    expect(body['requests']).toMatchObject([{ fields: { service: 'billing' }, reason: 'Once' }]);
  });

  test('opens the form of the chosen workflow, and sends it to the chat', async () => {
    const { id } = await asked();
    const { data: chosen } = await sent('choice', id);
    expect(inputsOf(await dialogFor(chosen))).toHaveProperty('service');
    const { data } = await sent('dialog', id);
    expect(textOfCard(await dialogFor(data))).toContain('Confirm it in your chat');
  });
});
