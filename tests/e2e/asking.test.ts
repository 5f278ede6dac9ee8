import { actionOf, cardOf, eventually, textOfCard } from '../../src/local/find.ts';
import { APPROVALS } from '../../src/local/profile.ts';
import type { ClickResult, Json, Message } from '../../src/local/world.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByPipeline,
  askInChat,
  cardAt,
  inputsOf,
  openForm,
  personalChat,
  placeInChannel,
  press,
  readRequest,
  textAt,
} from '../support/people-at-work.ts';
import { nodesOf, problemsOf } from '../unit/cards/card-reading.ts';

const COMMAND = 'request';

let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world?.stop();
});

/** Sends a chat message to the bot as this person; returns the bot's answer. */
async function say(personId: string, text: string): Promise<Message> {
  const chatId = personalChat(world, personId);
  const before = world.connector.messages(personId, chatId).length;
  await world.connector.say(personId, chatId, text);
  return eventually(`an answer to "${text}"`, () =>
    world.connector
      .messages(personId, chatId)
      .slice(before)
      .find(({ from }) => from.bot),
  );
}

const cardIn = (result: ClickResult): Json => {
  if (result.kind !== 'dialog') throw new Error(`no dialog: ${JSON.stringify(result)}`);
  expect(problemsOf(result.card)).toEqual([]);
  return result.card;
};
const submitOf = (card: Json) =>
  nodesOf(card).find(({ type }) => type === 'Action.Submit')?.['data'] as Json;
const ownRequests = async (personId: string) =>
  (await api(world, '/v1/requests?requester=me', { as: personId })).body['requests'] as Json[];

describe('the messaging extension', () => {
  test('creates a request by the confirming button alone, after choice, form and problem', async () => {
    const at = { personId: 'mia', chatId: APPROVALS, commandId: COMMAND };
    const picker = cardIn(await world.connector.openExtension('mia', APPROVALS, COMMAND));
    const choices = nodesOf(picker).filter(({ type }) => type === 'Action.Submit');
    expect(JSON.stringify(picker)).toContain('deploy-production');
    expect(choices.length).toBeGreaterThan(0);
    const form = cardIn(
      await world.connector.submitExtension({
        ...at,
        data: { ...submitOf(picker), workflow: 'deploy-production' },
      }),
    );
    const filled = { ...submitOf(form), ...inputsOf(form), service: 'billing', reason: 'Taxes' };
    const again = cardIn(
      await world.connector.submitExtension({
        ...at,
        data: { ...filled, version: 'latest' },
      }),
    );
    expect(textOfCard(again)).toMatch(/does not match/);
    expect(inputsOf(again)).toMatchObject({ service: 'billing', reason: 'Taxes' });
    const sent = await world.connector.submitExtension({
      ...at,
      data: { ...filled, version: '9.9.9' },
    });
    expect(sent.kind).toBe('dialog');
    expect(textOfCard((sent as { card: Json }).card)).toContain('Confirm it in your chat');
    expect(await ownRequests('mia')).toEqual([]);
    const chatId = personalChat(world, 'mia');
    const waiting = world.connector
      .messages('mia', chatId)
      .findLast((one) => actionOf(cardOf(one), 'submit'));
    const place = { chatId, messageId: waiting?.id ?? '' };
    await press(world, 'mia', {
      place,
      verb: 'submit',
      inputs: inputsOf(cardAt(world, 'mia', place)),
    });
    expect(await ownRequests('mia')).toMatchObject([
      {
        workflow: 'deploy-production',
        state: 'pending',
        reason: 'Taxes',
        fields: { service: 'billing', version: '9.9.9' },
        requester: { name: 'Mia Lindqvist' },
      },
    ]);
  });

  test('asks a person without the app to install it, and opens no form', async () => {
    await world.connector.openExtension('tomasz', APPROVALS, COMMAND);
    await world.connector.uninstall('tomasz');
    const result = await world.connector.submitExtension({
      personId: 'tomasz',
      chatId: APPROVALS,
      commandId: COMMAND,
      data: { workflow: 'deploy-production', v: 1, service: 'search', version: '1.0.0' },
    });
    await world.connector.install({ personIds: ['tomasz'] });
    expect(result.kind).toBe('dialog');
    const { card } = result as { card: Json };
    expect(textOfCard(card)).toContain('Add the Countersign app');
    // The form keeps what was filled in.
    expect(inputsOf(card)).toMatchObject({ version: '1.0.0' });
    expect(await ownRequests('tomasz')).toEqual([]);
  });
});

describe('the chat commands', () => {
  test('return a form with a wrong value with its problem, and create no request', async () => {
    const form = await openForm(world, 'tomasz', 'request deploy-production service=search');
    const place = { chatId: form.chatId, messageId: form.id };
    const result = await press(world, 'tomasz', {
      place,
      verb: 'submit',
      inputs: { ...inputsOf(cardOf(form)), version: '1.x' },
    });
    expect(textOfCard((result as { card: Json }).card)).toMatch(/does not match/);
    expect(await ownRequests('tomasz')).toEqual([]);
    const good = await press(world, 'tomasz', {
      place,
      verb: 'submit',
      inputs: { ...inputsOf(cardOf(form)), version: '1.0.0' },
    });
    expect(good).toMatchObject({ kind: 'card' });
    expect(await ownRequests('tomasz')).toHaveLength(1);
  });

  test('refuse with a sentence who may not request, whatever the form holds', async () => {
    const form = await openForm(world, 'olu', 'request deploy-production');
    const result = await press(world, 'olu', {
      place: { chatId: form.chatId, messageId: form.id },
      verb: 'submit',
      inputs: { service: 'search', version: '1.0.0', window: '1h', reason: '' },
    });
    expect(result).toEqual({
      kind: 'message',
      text: expect.stringContaining('needs the role developer'),
    });
    expect(await ownRequests('olu')).toEqual([]);
  });

  test('answer an ambiguous or unknown workflow with the possible choices', async () => {
    expect(textOfCard(cardOf(await say('mia', 'request')))).toMatch(/Deploy to production/);
    const keyword = await say('mia', 'request rollout');
    expect(actionOf(cardOf(keyword), 'submit')?.['data']).toMatchObject({
      workflow: 'deploy-production',
    });
    expect((await say('mia', 'request moon-landing')).text).toMatch(/No workflow is called/);
    expect((await say('mia', 'sing a song')).text).toMatch(/I know/);
    expect(textOfCard(cardOf(await say('mia', 'help')))).toMatch(/Deploy to production/);
  });

  test('show a request by `status` after a token alone, and to readers alone', async () => {
    const { number, id } = await askByPipeline(world, { reason: 'A secret reason' });
    for (const [personId, may] of [
      ['amara', true],
      ['olu', false],
    ] as const) {
      const answer = await say(personId, `status ${number}`);
      expect(textOfCard(cardOf(answer))).not.toMatch(/secret|Deploy/);
      const place = { chatId: answer.chatId, messageId: answer.id };
      const result = await press(world, personId, { place, verb: 'review' });
      if (may) {
        const { card } = result as { card: Json };
        expect(textOfCard(card)).toContain('A secret reason');
        await press(world, personId, { place, verb: 'deny', card });
      } else {
        expect(result).toMatchObject({ kind: 'message' });
      }
    }
    expect(await readRequest(world, id)).toMatchObject({ state: 'denied' });
  });

  test('the fallback Action.Submit of an old client decides nothing and gets an explanation', async () => {
    const { number, id } = await askByPipeline(world);
    const place = await placeInChannel(world, number);
    const approve = actionOf(cardAt(world, 'amara', place), 'approve');
    const fallback = (approve?.['fallback'] ?? {}) as Json;
    expect(fallback).toMatchObject({ type: 'Action.Submit' });
    const result = await world.connector.click({
      personId: 'amara',
      ...place,
      action: fallback,
    });
    expect(result).toEqual({ kind: 'none' });
    await eventually('the explanation in the chat', () =>
      world.connector
        .messages('amara', APPROVALS)
        .some(({ text }) => /This version of Teams cannot run the button/.test(text ?? '')),
    );
    expect(await readRequest(world, id)).toMatchObject({ state: 'pending', version: 1 });
  });
});

describe('fields', () => {
  test.each([
    [{ service: 'checkout', version: '4.2.0', window: '9h' }, 'window', /at most/],
    [{ service: 'checkout', version: '4.2' }, 'version', /does not match/],
    [{ service: 'casino', version: '4.2.0' }, 'service', /one of/],
    [{ service: 'checkout' }, 'version', /required/],
    [{ service: 'checkout', version: '4.2.0', extra: 1 }, undefined, /no field "extra"/],
  ])('rejects %j with the field and a sentence', async (fields, field, words) => {
    const before = (await ownRequests('mia')).length;
    const { status, body } = await api(world, '/v1/requests', {
      as: 'mia',
      body: { workflow: 'deploy-production', fields },
    });
    expect(status).toBe(422);
    expect(body['field']).toBe(field);
    expect(body['detail']).toMatch(words);
    expect(await ownRequests('mia')).toHaveLength(before);
  });

  test('converts the text of a form to the types of the fields', async () => {
    const { id } = await askInChat(world, 'tomasz', {
      command: 'request payment-release',
      inputs: { payment: 'PAY-1234', amount: '1200.5', purpose: 'Two\nlines', reason: '' },
    });
    expect(await readRequest(world, id)).toMatchObject({
      reason: null,
      fields: { payment: 'PAY-1234', amount: 1200.5, purpose: 'Two\nlines' },
    });
  });

  test('the card shows requester, fields, expiry and executor', async () => {
    const { number } = await askByPipeline(world);
    const place = await placeInChannel(world, number);
    const text = textAt(world, 'rafael', place);
    for (const shown of ['(pipeline) asks', 'deploy-webhook', 'Expires', 'Service owner']) {
      expect(text).toContain(shown);
    }
    expect(problemsOf(cardAt(world, 'rafael', place))).toEqual([]);
  });
});
