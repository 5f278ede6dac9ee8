import { readActivity } from '../../../src/teams/inbound/activity.ts';
import type { TeamsActivity } from '../../../src/teams/inbound/activity.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import type { Json } from '../../../src/local/world.ts';
import { demoBotAppId, demoTenantId } from '../../../src/local/people.ts';
import { field, pendingRequest, workflow } from '../../support/builders.ts';
import { CHANNEL, mia, startBot, startWire } from './world.ts';

const deploy = workflow({ fields: [field({ id: 'service', required: true })] });
const access = workflow({ id: 'deploy-access', title: 'Access' });
const pending = pendingRequest();

let wire: LocalConnector;
let chatId: string;
beforeAll(async () => {
  wire = await startWire();
  chatId = wire.chats('mia').find(({ kind }) => kind === 'personal')?.id ?? '';
});
afterAll(() => wire.stop());

function message(members: Json, where = chatId): TeamsActivity {
  const raw = wire.activity({
    personId: 'mia',
    chatId: where,
    with: { type: 'message', id: 'm-1', ...members },
  });
  const read = readActivity(raw);
  if (!read) throw new Error('the activity has no shape');
  return read;
}

/** What the bot sent back over the wire for a text. */
async function answers(members: Json, given: Parameters<typeof startBot>[1] = {}, where = chatId) {
  const { teams, calls } = startBot(wire, { workflows: [deploy, access], ...given });
  const before = wire.calls().length;
  expect(await teams.handle(message(members, where))).toEqual({ status: 200 });
  const sent = wire.calls().slice(before);
  expect(sent.map(({ status }) => status)).toEqual([201]);
  return { sent: sent.map(({ path, body }) => ({ path, body: body as Json })), calls };
}

const cardOf = (body: Json | undefined) => (body?.attachments as Json[])[0]?.content;

test('help lists the workflows', async () => {
  const { sent } = await answers({ text: 'help' });
  expect(sent).toHaveLength(1);
  expect(sent[0]?.path).toBe(`/teams/v3/conversations/${encodeURIComponent(chatId)}/activities`);
  expect(sent[0]?.body).toMatchObject({
    type: 'message',
    summary: 'Help',
    from: { id: `28:${demoBotAppId}` },
  });
  expect(cardOf(sent[0]?.body)).toMatchObject({ help: ['deploy-production', 'deploy-access'] });
});

test('request with a workflow and values answers with a prefilled form', async () => {
  const { sent } = await answers({ text: 'request deploy-production service=checkout' });
  expect(cardOf(sent[0]?.body)).toEqual({
    type: 'AdaptiveCard',
    form: 'deploy-production',
    values: { service: 'checkout' },
    problem: null,
  });
});

test('request with an unknown field shows the problem in the form', async () => {
  const { sent } = await answers({ text: 'request deploy-production colour=red' });
  expect(cardOf(sent[0]?.body)).toMatchObject({
    problem: { code: 'field_unknown', params: { field: 'colour', fields: ['service'] } },
  });
});

test('request with what belongs to no field says so, and loses none of it', async () => {
  const { sent } = await answers({
    text: 'request deploy-production colour=red size=xl now please',
  });
  expect(cardOf(sent[0]?.body)).toMatchObject({
    problem: { code: 'field_unknown', params: { field: 'colour' } },
    rest: 'colour=red size=xl now please',
  });
});

test('the choice of a workflow keeps what was typed', async () => {
  const typed = { values: { service: 'checkout' }, rest: 'soon' };
  const choice = await answers({ text: 'request deploy service=checkout soon' });
  expect(cardOf(choice.sent[0]?.body)).toMatchObject({ choose: expect.anything(), typed });
  const chosen = await answers({ value: { workflow: 'deploy-production', typed } });
  expect(cardOf(chosen.sent[0]?.body)).toMatchObject({ form: 'deploy-production', ...typed });
  const one = await answers({ text: 'request service=checkout' }, { workflows: [deploy] });
  expect(cardOf(one.sent[0]?.body)).toMatchObject({ values: { service: 'checkout' } });
  for (const hostile of ['x', { values: 'x', rest: 7 }, { values: { service: {} } }]) {
    const { sent } = await answers({ value: { workflow: 'deploy-access', typed: hostile } });
    expect(cardOf(sent[0]?.body)).toMatchObject({ form: 'deploy-access' });
  }
});

test('request without a name, or with an ambiguous one, answers with a choice', async () => {
  const alone = await answers({ text: 'request' });
  const two = await answers({ text: 'request deploy' });
  expect(cardOf(alone.sent[0]?.body)).toMatchObject({
    choose: ['deploy-production', 'deploy-access'],
  });
  expect(cardOf(two.sent[0]?.body)).toEqual(cardOf(alone.sent[0]?.body));
});

test('request with an unknown workflow answers with its name escaped', async () => {
  const { sent } = await answers({ text: 'request [x](https://evil.example)' });
  expect(sent[0]?.body).toMatchObject({
    textFormat: 'markdown',
    text: 'No workflow is called \\[x\\](https://evil.example). Send `request` to choose one.',
  });
});

test('a command with mentions is understood, and no tag is echoed', async () => {
  const bot = { id: `28:${demoBotAppId}`, name: 'Ops & Approvals' };
  const entities = [
    { type: 'mention', mentioned: bot },
    { type: 'mention', mentioned: { id: '29:mia', name: 'Mia' }, text: '<at>Mia</at>' },
  ];
  const mention = '<at>Ops &amp; Approvals</at>&nbsp;';
  const form = await answers({
    text: `${mention}request deploy-production <at>Mia</at>`,
    entities,
  });
  expect(cardOf(form.sent[0]?.body)).toMatchObject({ form: 'deploy-production', values: {} });
  const unknown = await answers({ text: `${mention}request nothing <at>Mia</at>`, entities });
  expect(unknown.sent[0]?.body.text).toBe(
    'No workflow is called nothing. Send `request` to choose one.',
  );
});

test('a command that is too long is answered with the limit, and nothing of it is cut', async () => {
  const text = `request deploy-production service="${'x'.repeat(15_000)}"`;
  const { sent } = await answers({ text });
  expect(cardOf(sent[0]?.body)).toMatchObject({ values: { service: 'x'.repeat(15_000) } });
  const longer = await answers({ text: `${text} reason="${'x'.repeat(2_000)}"` });
  expect(longer.sent[0]?.body.text).toContain('may have 16,000 characters');
});

test('status reveals nothing of a request and answers with a button', async () => {
  const { sent, calls } = await answers({ text: 'status 17' });
  expect(cardOf(sent[0]?.body)).toMatchObject({ type: 'AdaptiveCard', status: 17 });
  expect(calls.map(({ name }) => name)).toEqual(['rememberConversation']);
});

test('any other text answers with the commands', async () => {
  const { sent } = await answers({ text: 'hello there' });
  expect(sent[0]?.body.text).toContain('`status <number>`');
});

test('stores how people and channels are reached', async () => {
  const personal = await answers({ text: 'help' });
  expect(personal.calls[0]).toEqual({
    name: 'rememberConversation',
    input: {
      kind: 'person',
      tenantId: demoTenantId,
      id: mia?.oid,
      conversationId: chatId,
      serviceUrl: wire.serviceUrl,
      userId: mia?.mri,
    },
  });
  const channel = await answers(
    {
      text: '<at>Countersign</at> help',
      entities: [
        { type: 'mention', text: '<at>Countersign</at>', mentioned: { id: `28:${demoBotAppId}` } },
      ],
    },
    {},
    CHANNEL,
  );
  expect(channel.calls[0]).toEqual({
    name: 'rememberConversation',
    input: {
      kind: 'channel',
      tenantId: demoTenantId,
      id: CHANNEL,
      conversationId: CHANNEL,
      serviceUrl: wire.serviceUrl,
      userId: null,
    },
  });
  expect(cardOf(channel.sent[0]?.body)).toHaveProperty('help');
});

describe('Action.Submit', () => {
  const shown = { r: pending.id, rev: 1, d: pending.digest };

  test('of a decision decides nothing and says where the button works', async () => {
    const { sent, calls } = await answers(
      { text: '', value: { verb: 'approve', ...shown } },
      {
        handlers: { loadForCard: () => Promise.resolve(pending) },
      },
    );
    expect(sent[0]?.body.text).toBe(
      'This version of Teams cannot run the button. Update Teams, or decide request 17 in ' +
        'another Teams client.',
    );
    expect(calls.map(({ name }) => name)).toEqual(['rememberConversation', 'loadForCard']);
  });

  test('with a guessed digest reveals nothing', async () => {
    const { sent } = await answers(
      { value: { verb: 'approve', ...shown, d: 'guess' } },
      {
        handlers: { loadForCard: () => Promise.resolve(pending) },
      },
    );
    expect(sent[0]?.body.text).not.toContain('17');
  });

  test('of the picker opens the form', async () => {
    const { sent } = await answers({ value: { workflow: 'deploy-access' } });
    expect(cardOf(sent[0]?.body)).toMatchObject({ form: 'deploy-access', values: {} });
  });

  test('of a form requests nothing', async () => {
    const { sent, calls } = await answers({
      value: { verb: 'submit', workflow: 'deploy-production', v: 1, service: 'checkout' },
    });
    expect(sent[0]?.body.text).toContain('Update Teams');
    expect(calls.map(({ name }) => name)).not.toContain('submitRequest');
  });
});

test('welcomes an installation once, and again after a removal', async () => {
  const { teams } = startBot(wire);
  const news = (members: Json) => teams.handle(message({ text: undefined, ...members }));
  const bot = { id: `28:${demoBotAppId}` };
  const sent = () => wire.calls().length;
  const before = sent();
  await news({ type: 'conversationUpdate', membersAdded: [{ id: mia?.mri }, bot] });
  await news({ type: 'installationUpdate', action: 'add' });
  expect(sent() - before).toBe(1);
  await news({ type: 'conversationUpdate', membersAdded: [{ id: mia?.mri }] });
  await news({ type: 'installationUpdate', action: 'remove' });
  expect(sent() - before).toBe(1);
  await news({ type: 'installationUpdate', action: 'add' });
  expect(sent() - before).toBe(2);
});
