import { actionOf, cardOf, textOfCard } from '../../src/local/find.ts';
import { APPROVALS } from '../../src/local/profile.ts';
import type { ClickResult, Json, Message } from '../../src/local/world.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  cardAt,
  inputsOf,
  openForm as openFormInChat,
  personalChat,
  placeInChannel,
  press,
  textAt,
} from '../support/people-at-work.ts';
import { nodesOf } from '../unit/cards/card-reading.ts';

const COMMAND = 'request';

let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world?.stop();
});

const open = (personId: string) => world.connector.openExtension(personId, APPROVALS, COMMAND);
const send = (personId: string, data: Json) =>
  world.connector.submitExtension({
    personId,
    chatId: APPROVALS,
    commandId: COMMAND,
    data,
  });

function dialogOf(result: ClickResult): Json {
  if (result.kind !== 'dialog') throw new Error(`no dialog: ${JSON.stringify(result)}`);
  return result.card;
}

const requests = async () => (await world.database.rows('SELECT id FROM requests')).length;
const inChat = (personId: string): readonly Message[] =>
  world.connector.messages(personId, personalChat(world, personId));
const filled = (card: Json, inputs: Json): Json => ({
  ...(nodesOf(card).find(({ type }) => type === 'Action.Submit')?.['data'] as Json),
  ...inputsOf(card),
  ...inputs,
});

/** Opens the command in the channel as Tomasz, chooses a workflow and returns its form. */
async function openForm(workflow: string): Promise<Json> {
  const choice = dialogOf(await open('tomasz'));
  expect(textOfCard(choice)).toContain('Deploy to production');
  return dialogOf(await send('tomasz', { workflow }));
}

test('creates a request by command, form and confirmation in the personal chat', async () => {
  const form = await openForm('deploy-production');
  const before = inChat('tomasz').length;
  const sent = await send(
    'tomasz',
    filled(form, {
      service: 'billing',
      version: '7.0.1',
      window: '2h',
      reason: 'Tax tables of the new year',
    }),
  );
  expect(textOfCard(dialogOf(sent))).toContain('Confirm it in your chat');
  // Without the requester's token there is no request; nobody else sees the form.
  expect([await requests(), inChat('tomasz').length]).toEqual([0, before + 1]);
  expect(world.connector.messages('mia', APPROVALS).map((one) => cardOf(one))).toEqual(
    world.connector.messages('mia', APPROVALS).map(() => undefined),
  );
  const message = inChat('tomasz').at(-1);
  const place = { chatId: personalChat(world, 'tomasz'), messageId: message?.id ?? '' };
  expect(inputsOf(cardOf(message))).toMatchObject({
    service: 'billing',
    version: '7.0.1',
    reason: 'Tax tables of the new year',
  });
  const result = await press(world, 'tomasz', {
    place,
    verb: 'submit',
    inputs: inputsOf(cardOf(message)),
  });
  expect(result).toMatchObject({ kind: 'card' });
  expect(await requests()).toBe(1);
  const { body } = await api(world, '/v1/requests?requester=me', { as: 'tomasz' });
  const [request] = body['requests'] as Json[];
  expect(request).toMatchObject({
    workflow: 'deploy-production',
    requester: { name: 'Tomasz Zieliński' },
    fields: { service: 'billing', version: '7.0.1', window: 'PT2H' },
    reason: 'Tax tables of the new year',
  });
  const shown = await placeInChannel(world, Number(request?.['number']));
  expect(textAt(world, 'amara', shown)).toContain('7.0.1');
  // The form has become the requester's own copy, whose only action is Cancel.
  expect(actionOf(cardAt(world, 'tomasz', place), 'submit')).toBeUndefined();
});

test('shows the filled form again in the dialog when a field has a problem', async () => {
  const form = await openForm('payment-release');
  const before = [await requests(), inChat('tomasz').length];
  const again = dialogOf(
    await send(
      'tomasz',
      filled(form, {
        payment: 'PAY-1',
        amount: '12',
        purpose: 'Invoice 9',
      }),
    ),
  );
  expect(textOfCard(again)).toContain('does not match');
  expect(inputsOf(again)).toMatchObject({ payment: 'PAY-1', amount: '12', purpose: 'Invoice 9' });
  expect([await requests(), inChat('tomasz').length]).toEqual(before);
});

test('shows the form again in the chat when the button finds a problem', async () => {
  const form = await openForm('payment-release');
  await send('tomasz', filled(form, { payment: 'PAY-4711', amount: '12', purpose: 'Invoice 9' }));
  const message = inChat('tomasz').at(-1);
  const place = { chatId: personalChat(world, 'tomasz'), messageId: message?.id ?? '' };
  const before = await requests();
  const result = await press(world, 'tomasz', {
    place,
    verb: 'submit',
    inputs: { ...inputsOf(cardOf(message)), amount: '6000000' },
  });
  expect(result).toMatchObject({ kind: 'card' });
  const card = (result as { card: Json }).card;
  expect(textOfCard(card)).toContain('at most 5,000,000');
  expect(inputsOf(card)).toMatchObject({ amount: '6000000', payment: 'PAY-4711' });
  expect(await requests()).toBe(before);
  // Corrected, it becomes one request, however often it is sent.
  const good = { ...inputsOf(card), amount: '60' };
  for (const round of [1, 2]) {
    const sent = await press(world, 'tomasz', { place, verb: 'submit', inputs: good, card });
    expect([round, sent.kind]).toEqual([round, 'card']);
  }
  expect(await requests()).toBe(before + 1);
});

test('carries a long form to the chat as it was filled in', async () => {
  const form = await openForm('payment-release');
  const purpose = 'Sprich zweimal „Prüfung“. '.repeat(76);
  const reason = 'r'.repeat(1_000);
  await send('tomasz', filled(form, { payment: 'PAY-4711', amount: '12', purpose, reason }));
  expect(inputsOf(cardOf(inChat('tomasz').at(-1)))).toMatchObject({
    purpose,
    reason,
    amount: '12',
  });
});

test('a wrong choice behind a command is told in the form', async () => {
  const message = await openFormInChat(
    world,
    'tomasz',
    'request deploy-production service=chekout soon',
  );
  const text = textOfCard(cardOf(message));
  expect(text).toContain('must be one of checkout, billing, search. You typed “chekout”.');
  expect(text).toContain('Not understood: “soon”.');
});

test('opens the form for everybody, and refuses by token who may not request', async () => {
  const before = await requests();
  const form = dialogOf(
    await world.connector.submitExtension({
      personId: 'olu',
      chatId: APPROVALS,
      commandId: COMMAND,
      data: { workflow: 'payment-release' },
    }),
  );
  await send('olu', filled(form, { payment: 'PAY-4711', amount: '12', purpose: 'x' }));
  const message = inChat('olu').at(-1);
  const place = { chatId: personalChat(world, 'olu'), messageId: message?.id ?? '' };
  expect(
    await press(world, 'olu', {
      place,
      verb: 'submit',
      inputs: inputsOf(cardOf(message)),
    }),
  ).toEqual({ kind: 'message', text: expect.stringContaining('needs the role developer') });
  expect(await requests()).toBe(before);
});

test('creates no request by a form with another workflow or none', async () => {
  const before = await requests();
  for (const data of [
    { workflow: 'of-nobody', v: 1, service: 'x' },
    { v: 1 },
    { workflow: ['deploy-production'] },
    { workflow: '__proto__', v: 1 },
    {},
  ]) {
    expect(textOfCard(dialogOf(await send('mia', data)))).toContain('Deploy to production');
  }
  const stray = dialogOf(await send('mia', { workflow: 'payment-release', v: 1, admin: 'true' }));
  expect(textOfCard(stray)).toContain('has no field');
  expect(await requests()).toBe(before);
});
