import { actionOf, cardOf, eventually, textOfCard } from '../../src/local/find.ts';
import type { Json } from '../../src/local/world.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByApi,
  askInChat,
  cardAt,
  eventuallyIn,
  personalChat,
  placeInChannel,
  press,
  pressActivity,
  readRequest,
  textAt,
} from '../support/people-at-work.ts';
import { nodesOf, problemsOf } from '../unit/cards/card-reading.ts';

const BIDI = '\u202Etxt.exe\u2066';
const HOSTILE = [
  '[Approved by security](https://evil.example/x)',
  '<at>Kenji Watanabe</at>',
  '**urgent**',
  '${$root.secret}',
  '{{DATE(2020-01-01T00:00:00Z, SHORT)}}',
  '<script>alert(1)</script>',
  BIDI,
  'rm\u2003-rf\u00A0/\u{1D173}tmp',
  '![i](https://evil.example/p.png)',
].join(' ');
const SHOWN = HOSTILE.replace(/[\u202E\u2066\u2003\u00A0\u{1D173}]/gu, '\uFFFD').replace(
  '{{DATE',
  '{\u2060{DATE',
);

let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world?.stop();
});

/** The elements that a client renders as Markdown, and their strings. */
const markdown = (card: unknown) =>
  nodesOf(card)
    .filter(({ type }) => type === 'TextBlock' || String(type).startsWith('Action.'))
    .map(({ text, title }) => String(text ?? title ?? ''));

const payment = (purpose: string, reason: string | null) => ({
  workflow: 'payment-release',
  reason,
  fields: { payment: 'PAY-4711', amount: 1200, purpose },
});

function expectHarmless(card: Json): void {
  expect(problemsOf(card)).toEqual([]);
  const text = JSON.stringify(card);
  expect(text).not.toMatch(/[\u202A-\u202E\u2066-\u2067\u2069\u200B\u2003\u{1D173}]/u);
  expect(text).not.toContain('{{DATE(2020');
  for (const line of markdown(card)) {
    expect(line).not.toMatch(/evil\.example|<at>|\*\*urgent|script|\$\{/);
  }
  for (const node of nodesOf(card)) {
    expect(node['type']).not.toBe('Image');
    expect(node['type']).not.toBe('Action.OpenUrl');
    expect(node['url']).toBeUndefined();
  }
}

describe('hostile text', () => {
  test('is shown unchanged, in plain text elements alone, and reaches the target unchanged', async () => {
    const { id, number } = await askByApi(world, 'mia', payment(HOSTILE, HOSTILE));
    const place = await placeInChannel(world, number);
    const card = cardAt(world, 'rafael', place);
    expectHarmless(card);
    const runs = nodesOf(card).filter(({ type }) => type === 'TextRun');
    expect(runs.filter(({ text }) => text === SHOWN)).toHaveLength(2);
    expect((await readRequest(world, id))['fields']).toMatchObject({ purpose: HOSTILE });
    await press(world, 'amara', { place, verb: 'approve' });
    const second = await eventually('the card of the second stage', () => {
      const shown = cardAt(world, 'rafael', place);
      return (actionOf(shown, 'approve')?.['data'] as Json)?.['rev'] === 2 && shown;
    });
    await press(world, 'ingrid', { place, verb: 'approve', card: second });
    await eventuallyIn(world, id, 'applied');
    const delivery = world.target.deliveries.find(({ webhookId }) => webhookId.includes(id));
    expect(delivery?.body).toMatchObject({
      data: { fields: { purpose: HOSTILE }, reason: HOSTILE },
    });
    await eventually('applied', () => /Applied/.test(textAt(world, 'rafael', place)));
    expectHarmless(cardAt(world, 'rafael', place));
  });

  test('in the reason of a denial and in a name remains text, on card and in chat', async () => {
    const { id, number } = await askInChat(world, 'mia', {
      command: 'request deploy-production service=search version=1.2.3',
    });
    const place = await placeInChannel(world, number);
    const token = await world.provider.personToken({
      personId: 'kenji',
      audience: 'bot',
      overrides: { name: `Kenji ${HOSTILE}` },
    });
    const { body } = await world.connector.post(
      pressActivity(world, 'kenji', {
        place,
        verb: 'deny',
        inputs: { 'reason:stage-1': HOSTILE },
        value: { authentication: { id: 'x-1', connectionName: 'countersign', token } },
      }),
    );
    expect(body).toMatchObject({ statusCode: 200 });
    expectHarmless((body as { value: Json }).value);
    expect(await readRequest(world, id)).toMatchObject({ state: 'denied' });
    await eventually('denied', () => /Denied/.test(textAt(world, 'rafael', place)));
    expectHarmless(cardAt(world, 'rafael', place));
    const notice = await eventually('the notice to Mia', () =>
      world.connector
        .messages('mia', personalChat(world, 'mia'))
        .find(({ text }) => text?.startsWith(`Request ${number} `)),
    );
    expect(notice.text).toContain('\\[Approved by security\\](https://evil.example/x)');
    expect(notice.text).toContain('\\<at\\>');
    expect(notice.text).not.toMatch(/(^|[^\\])<at>|(^|[^\\])\[Approved|[\u202E\u2066]/);
  });

  test('in a command is answered without markup', async () => {
    const chatId = personalChat(world, 'tomasz');
    await world.connector.say('tomasz', chatId, `request ${HOSTILE}`);
    const answer = world.connector.messages('tomasz', chatId).at(-1);
    expect(answer?.from.bot).toBe(true);
    expect(answer?.text).not.toMatch(/(^|[^\\])\[Approved|(^|[^\\])<at>|[\u202E\u2066]/);
    await world.connector.say(
      'tomasz',
      chatId,
      'request payment-release purpose="[x](https://evil.example) ${$root.a}"',
    );
    const form = cardOf(world.connector.messages('tomasz', chatId).at(-1));
    expect(problemsOf(form ?? {})).toEqual([]);
    const input = nodesOf(form).find(({ id }) => id === 'purpose');
    expect(input?.['value']).toBe('[x](https://evil.example) ${$root.a}');
    for (const line of markdown(form)) expect(line).not.toContain('evil.example');
  });

  test('with lone surrogates, or with a line break in a single-line field, is rejected', async () => {
    for (const fields of [
      { payment: 'PAY-4711', amount: 1, purpose: 'x \ud800 y' },
      { payment: 'PAY-4711\n', amount: 1, purpose: 'x' },
    ]) {
      const answer = await api(world, '/v1/requests', {
        as: 'mia',
        body: { workflow: 'payment-release', fields },
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
  });
});

describe('a request that is too long for a card', () => {
  const LONG = `${'Invoices of the quarter, one by one. '.repeat(50)}And 1 EUR to Mallory.`;

  test('offers Review instead of Approve, and is read and decided there', async () => {
    const { id, number } = await askByApi(world, 'mia', payment(LONG, null));
    const place = await placeInChannel(world, number);
    const card = cardAt(world, 'kenji', place);
    expect(textOfCard(card)).not.toContain('Mallory');
    expect(textOfCard(card)).toMatch(/too long for this card. Review shows everything/);
    expect(actionOf(card, 'approve')).toBeUndefined();
    expect(actionOf(card, 'deny')).toBeUndefined();

    const opened = await press(world, 'kenji', { place, verb: 'review' });
    const review = (opened as { card: Json }).card;
    expect(problemsOf(review)).toEqual([]);
    expect(textOfCard(review)).toContain('And 1 EUR to Mallory.');
    const { digest } = await readRequest(world, id);
    expect(textOfCard(review)).toContain(String(digest));
    expect(actionOf(review, 'approve')?.['data']).toEqual({
      r: id,
      rev: 1,
      d: digest,
      s: 'stage-1',
      a: null,
    });

    const result = await press(world, 'kenji', {
      place,
      verb: 'approve',
      card: review,
      inputs: { reason: 'Read to the end' },
    });
    expect(result).toMatchObject({ kind: 'card' });
    expect(await readRequest(world, id)).toMatchObject({
      state: 'pending',
      stages: [
        { state: 'approved', decisions: [{ word: 'approve', reason: 'Read to the end' }] },
        { state: 'open' },
      ],
    });
  });

  test('is not shown to a person without the right to read it', async () => {
    const { number } = await askByApi(world, 'mia', payment(LONG, null));
    const place = await placeInChannel(world, number);
    expect(await press(world, 'olu', { place, verb: 'review' })).toEqual({
      kind: 'message',
      text: 'There is no such request, or it is not one that you may read.',
    });
  });

  test('offers Cancel alone to the requester who reviews it', async () => {
    const { id, number } = await askByApi(world, 'mia', payment(LONG, null));
    const place = await placeInChannel(world, number);
    const opened = await press(world, 'mia', { place, verb: 'review' });
    const review = (opened as { card: Json }).card;
    expect(textOfCard(review)).toContain('Mallory');
    expect(actionOf(review, 'approve')).toBeUndefined();
    await press(world, 'mia', { place, verb: 'cancel', card: review });
    expect(await readRequest(world, id)).toMatchObject({ state: 'cancelled' });
  });
});
