import { actionOf, eventually, textOfCard } from '../../src/local/find.ts';
import type { Json } from '../../src/local/world.ts';
import { auditRowsOf } from '../support/world-database.ts';
import { movableClock, startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByApi,
  askByPipeline,
  askInChat,
  cardAt,
  eventuallyIn,
  personalChat,
  placeInChannel,
  press,
  readRequest,
  textAt,
} from '../support/people-at-work.ts';
import type { Place } from '../support/people-at-work.ts';

// Two heads of department decide the first stage together, security the second.
const FOUR_EYES = `
workflow: four-eyes
title: Rotate the signing keys
fields:
  - { id: why, type: text, required: true }
request: { roles: [developer] }
stages:
  - { name: Heads, roles: [approver], quorum: 2 }
  - { name: Security, roles: [security-lead] }
notify: { channel: approvals }
timing: { expire: 2h }
execute: { use: deploy-webhook }
`;
const HOUR_MS = 3_600_000;

const clock = movableClock();
let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld({ workflows: { 'four-eyes': FOUR_EYES }, overrides: { clock } });
});
afterAll(async () => {
  await world?.stop();
});

async function fourEyes(): Promise<{ id: string; number: number; place: Place }> {
  const asked = await askByApi(world, 'mia', {
    workflow: 'four-eyes',
    fields: { why: 'Yearly rotation' },
  });
  return { ...asked, place: await placeInChannel(world, asked.number) };
}

const stagesOf = (request: Json) =>
  (request['stages'] as Json[]).map(({ state, decisions }) => ({
    state,
    decided: (decisions as Json[]).length,
  }));
const appliedFor = (id: string) =>
  world.target.deliveries.filter(({ webhookId }) => webhookId.includes(id));

describe('stages and quorum', () => {
  test('is applied once, after both heads and security approved', async () => {
    const { id, place } = await fourEyes();
    const first = cardAt(world, 'kenji', place);
    const one = await press(world, 'amara', { place, verb: 'approve' });
    expect(textOfCard((one as { card: Json }).card)).toMatch(/1 more approval is needed/);
    expect(stagesOf(await readRequest(world, id))).toEqual([
      { state: 'open', decided: 1 },
      { state: 'waiting', decided: 0 },
    ]);
    // A second click of the same head does not count, and is answered with the own view.
    const twice = await press(world, 'amara', { place, verb: 'approve', card: first });
    expect(textOfCard((twice as { card: Json }).card)).toMatch(/You approved this/);
    expect(await readRequest(world, id)).toMatchObject({ state: 'pending', version: 2 });
    // Security cannot approve before them.
    expect(await press(world, 'ingrid', { place, verb: 'approve', card: first })).toEqual({
      kind: 'message',
      text: expect.stringContaining('decided by the role approver'),
    });
    await press(world, 'kenji', { place, verb: 'approve', card: first });
    const open = await readRequest(world, id);
    expect(stagesOf(open)).toEqual([
      { state: 'approved', decided: 2 },
      { state: 'open', decided: 0 },
    ]);
    expect(appliedFor(id)).toEqual([]);
    const second = await eventually('a card of the second stage', () => {
      const shown = cardAt(world, 'rafael', place);
      return (actionOf(shown, 'approve')?.['data'] as Json)?.['rev'] === open['version'] && shown;
    });
    await press(world, 'ingrid', { place, verb: 'approve', card: second });
    expect(stagesOf(await eventuallyIn(world, id, 'applied'))).toEqual([
      { state: 'approved', decided: 2 },
      { state: 'approved', decided: 1 },
    ]);
    expect(appliedFor(id)).toHaveLength(1);
    expect(
      (appliedFor(id)[0]?.body as { data: { decisions: Json[] } }).data.decisions.map(
        ({ stage, role }) => [stage, role],
      ),
    ).toEqual([
      ['stage-1', 'approver'],
      ['stage-1', 'approver'],
      ['stage-2', 'security-lead'],
    ]);
  });

  test('a word on the card of an earlier stage does not count for the next one', async () => {
    const { id, place } = await fourEyes();
    const first = cardAt(world, 'kenji', place);
    world.provider.setRoles('amara', ['approver', 'security-lead']);
    world.provider.setRoles('ingrid', ['approver', 'security-lead']);
    try {
      await press(world, 'amara', { place, verb: 'approve', card: first });
      await press(world, 'kenji', { place, verb: 'approve', card: first });
      // Amara's second click repeats her first word; Ingrid's stage on the card is closed by now.
      await press(world, 'amara', { place, verb: 'approve', card: first });
      await press(world, 'ingrid', { place, verb: 'approve', card: first });
      expect(stagesOf(await readRequest(world, id))).toEqual([
        { state: 'approved', decided: 2 },
        { state: 'open', decided: 0 },
      ]);
      const { digest } = await readRequest(world, id);
      const decide = (as: string, stage: string) =>
        api(world, `/v1/requests/${id}/decisions`, {
          as,
          body: { word: 'approve', stage, revision: 1, digest },
        });
      expect(await decide('amara', 'stage-1')).toMatchObject({
        status: 200,
        body: {
          counted: false,
          decision: { stage: 'stage-1', nth: 1, word: 'approve', role: 'approver' },
        },
      });
      expect(await decide('ingrid', 'stage-1')).toMatchObject({
        status: 409,
        body: { code: 'stage_closed' },
      });
      expect(await decide('ingrid', 'Security')).toMatchObject({
        status: 422,
        body: { code: 'stage_unknown' },
      });
      expect(stagesOf(await readRequest(world, id))).toEqual([
        { state: 'approved', decided: 2 },
        { state: 'open', decided: 0 },
      ]);
    } finally {
      world.provider.setRoles('amara', ['approver']);
      world.provider.setRoles('ingrid', ['security-lead']);
    }
  });

  test('a stage takes no word before the stage in front of it is approved', async () => {
    const { id } = await fourEyes();
    const { digest } = await readRequest(world, id);
    for (const word of ['approve', 'deny']) {
      const early = await api(world, `/v1/requests/${id}/decisions`, {
        as: 'ingrid',
        body: { word, stage: 'stage-2', revision: 1, digest },
      });
      expect(early).toMatchObject({ status: 409, body: { code: 'stage_waiting' } });
    }
    expect(await readRequest(world, id)).toMatchObject({ state: 'pending', version: 1 });
  });

  test('one denial ends the request in spite of earlier approvals, and nothing is applied', async () => {
    const { id, place } = await fourEyes();
    const first = cardAt(world, 'kenji', place);
    await press(world, 'amara', { place, verb: 'approve', card: first });
    await press(world, 'kenji', { place, verb: 'deny', card: first, inputs: { reason: 'No' } });
    expect(await readRequest(world, id)).toMatchObject({
      state: 'denied',
      outcome: { code: 'denied', message: 'Kenji Watanabe denied it.' },
    });
    const late = await press(world, 'ingrid', { place, verb: 'approve', card: first });
    expect(textOfCard((late as { card: Json }).card)).toMatch(/denied/i);
    await eventually('denied in the channel', () => /Denied/.test(textAt(world, 'rafael', place)));
    expect(await readRequest(world, id)).toMatchObject({ state: 'denied', version: 3 });
    expect(appliedFor(id)).toEqual([]);
  });

  test('Deny on a posted card does not replace the approval of the same person', async () => {
    const { id, place } = await fourEyes();
    const first = cardAt(world, 'kenji', place);
    await press(world, 'amara', { place, verb: 'approve', card: first });
    const denied = await press(world, 'amara', { place, verb: 'deny', card: first });
    expect(textOfCard((denied as { card: Json }).card)).toMatch(/You approved this/);
    const request = await readRequest(world, id);
    expect(request).toMatchObject({ state: 'pending', version: 2 });
    expect(stagesOf(request)[0]).toEqual({ state: 'open', decided: 1 });
  });

  test('a window over four hours adds the security stage, a shorter one does not', async () => {
    const { id, number } = await askByPipeline(world, { fields: { window: '5h' } });
    const place = await placeInChannel(world, number);
    await press(world, 'kenji', { place, verb: 'approve' });
    const request = await readRequest(world, id);
    expect(stagesOf(request)).toEqual([
      { state: 'approved', decided: 1 },
      { state: 'open', decided: 0 },
    ]);
    const short = await askByPipeline(world, { fields: { window: '4h' } });
    expect((await readRequest(world, short.id))['stages']).toHaveLength(1);
  });
});

describe("the department's own head", () => {
  test.each([
    ['mia', 'amara', 'kenji', 'Payments', 'Platform'],
    ['tomasz', 'kenji', 'amara', 'Platform', 'Payments'],
  ])(
    'the request of %s is for %s to decide, not for %s',
    async (asker, head, other, own, others) => {
      const { id, number } = await askInChat(world, asker, {
        command: 'request database-access',
        inputs: { database: 'ledger', ticket: 'OPS-12', personal_data: 'true', reason: '' },
      });
      const place = await placeInChannel(world, number);
      expect(await press(world, other, { place, verb: 'approve' })).toEqual({
        kind: 'message',
        text:
          `"Head of department" is decided by people whose department is ${own}; ` +
          `yours is ${others}.`,
      });
      expect(await readRequest(world, id, head)).toMatchObject({ state: 'pending', version: 1 });
      await press(world, head, { place, verb: 'approve' });
      expect(await eventuallyIn(world, id, 'applied', { as: head })).toMatchObject({
        fields: { database: 'ledger', ticket: 'OPS-12', personal_data: true },
      });
    },
  );
});

describe('cancellation', () => {
  test("by the requester's own card ends the request, and no later word counts", async () => {
    const {
      id,
      number,
      place: own,
    } = await askInChat(world, 'mia', {
      command: 'request deploy-production service=billing version=1.0.0',
    });
    const place = await placeInChannel(world, number);
    const before = cardAt(world, 'kenji', place);
    expect(await press(world, 'mia', { place: own, verb: 'cancel' })).toMatchObject({
      kind: 'card',
    });
    expect(await readRequest(world, id)).toMatchObject({
      state: 'cancelled',
      outcome: { message: 'Mia Lindqvist cancelled it.' },
    });
    await eventually('cancelled in the channel', () =>
      /cancelled/i.test(textAt(world, 'rafael', place)),
    );
    const late = await press(world, 'kenji', { place, verb: 'approve', card: before });
    expect(textOfCard((late as { card: Json }).card)).toMatch(/cancelled/i);
    expect(await readRequest(world, id)).toMatchObject({ state: 'cancelled', version: 2 });
    expect(appliedFor(id)).toEqual([]);
  });

  test('by the API is for the pipeline that requested alone', async () => {
    const { id } = await askByPipeline(world);
    const cancel = (options: { as?: string; token?: string }) =>
      api(world, `/v1/requests/${id}/cancel`, { ...options, body: {} });
    expect(await cancel({ as: 'amara' })).toMatchObject({
      status: 403,
      body: { code: 'not_requester' },
    });
    expect(await cancel({ as: 'olu' })).toMatchObject({ status: 404 });
    for (const round of ['first', 'again']) {
      const answer = await cancel({ token: await world.provider.workloadToken() });
      expect({ round, status: answer.status, state: answer.body['state'] }).toEqual({
        round,
        status: 200,
        state: 'cancelled',
      });
    }
    expect(await readRequest(world, id)).toMatchObject({ version: 2 });
  });

  test('by the button of another person is refused', async () => {
    const {
      id,
      number,
      place: own,
    } = await askInChat(world, 'tomasz', {
      command: 'request deploy-production service=billing version=1.0.1',
    });
    const place = await placeInChannel(world, number);
    const result = await press(world, 'amara', {
      place,
      verb: 'cancel',
      card: cardAt(world, 'tomasz', own),
    });
    expect(result).toEqual({
      kind: 'message',
      text: 'Only the person who asked can cancel a request.',
    });
    expect(await readRequest(world, id)).toMatchObject({ state: 'pending' });
  });
});

describe('personal views', () => {
  test('show the approver the buttons, the requester Cancel and others nothing', async () => {
    // Amara and Mia have proven their identity before; Olu never had a role.
    const { number } = await askInChat(world, 'mia', {
      command: 'request deploy-production service=search version=7.0.0',
    });
    const { chatId, messageId } = await placeInChannel(world, number);
    const view = (personId: string) => world.connector.refresh(personId, chatId, messageId);
    const amaras = await view('amara');
    expect(textOfCard(amaras)).toMatch(/Your decision is asked for: Service owner/);
    expect(actionOf(amaras, 'approve')).toBeDefined();
    expect(actionOf(amaras, 'deny')).toBeDefined();
    expect(actionOf(amaras, 'cancel')).toBeUndefined();
    const mias = await view('mia');
    expect(textOfCard(mias)).toMatch(/You asked for this/);
    expect(actionOf(mias, 'cancel')).toBeDefined();
    expect(actionOf(mias, 'approve')).toBeUndefined();
    expect(actionOf(mias, 'deny')).toBeUndefined();
    expect(await view('olu')).toBeUndefined();
    expect(await view('rafael')).toBeUndefined();
  });

  test('have no button to decide for a person who asks for one without a role', async () => {
    const { number } = await askByPipeline(world);
    const place = await placeInChannel(world, number);
    const { refresh } = cardAt(world, 'olu', place) as { refresh: { action: Json } };
    const { body } = await world.connector.post(
      world.connector.activity({
        personId: 'olu',
        chatId: place.chatId,
        replyToId: place.messageId,
        with: {
          type: 'invoke',
          name: 'adaptiveCard/action',
          value: { action: refresh.action, trigger: 'automatic' },
        },
      }),
    );
    expect(body).toMatchObject({ statusCode: 200 });
    const { value: card } = body as { value: Json };
    for (const verb of ['approve', 'deny', 'cancel']) expect(actionOf(card, verb)).toBeUndefined();
    expect(actionOf(card, 'review')).toBeDefined();
  });
});

// Last: the clock goes forward, and open requests expire.
describe('expiry', () => {
  test('without a decision in time shows on every card, in the notice and in the log', async () => {
    const asked = await askInChat(world, 'tomasz', {
      command: 'request four-eyes',
      inputs: { why: 'Nobody looks', reason: '' },
    });
    const place = await placeInChannel(world, asked.number);
    const before = cardAt(world, 'kenji', place);
    clock.advance(2 * HOUR_MS - 60_000);
    expect(await readRequest(world, asked.id)).toMatchObject({ state: 'pending' });
    clock.advance(60_000);
    // The time counts, even if the timer has not fired yet.
    await press(world, 'kenji', { place, verb: 'approve', card: before });
    const request = await eventuallyIn(world, asked.id, 'expired');
    expect(request).toMatchObject({
      outcome: { code: 'expired', message: 'Nobody decided it in time.' },
    });
    for (const [personId, at] of [
      ['rafael', place],
      ['tomasz', asked.place],
    ] as const) {
      await eventually('expired on the card', () => /Expired/.test(textAt(world, personId, at)));
      expect(actionOf(cardAt(world, personId, at), 'approve')).toBeUndefined();
    }
    await eventually('the notice to Tomasz', () =>
      world.connector
        .messages('tomasz', personalChat(world, 'tomasz'))
        .some(({ text }) => new RegExp(`Request ${asked.number} .*expired`).test(text ?? '')),
    );
    const late = await press(world, 'kenji', { place, verb: 'approve', card: before });
    expect(textOfCard((late as { card: Json }).card)).toMatch(/Expired/);
    expect(await readRequest(world, asked.id)).toMatchObject({ state: 'expired', version: 2 });
    expect((await auditRowsOf(world, asked.id)).map(({ type }) => type).sort()).toEqual([
      'card.posted',
      'decision.refused',
      'decision.refused',
      'request.expired',
      'request.submitted',
    ]);
    expect(appliedFor(asked.id)).toEqual([]);
  });
});
