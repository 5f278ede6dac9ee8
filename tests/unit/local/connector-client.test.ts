import { demoBotAppId, demoTenantId } from '../../../src/local/people.ts';
import type { Json } from '../../../src/local/world.ts';
import {
  CARD,
  cardMessage,
  channelId,
  person,
  startFixture,
  type Fixture,
} from './connector-fixture.ts';

let fixture: Fixture;
afterEach(() => fixture.stop());
const start = async (options?: Parameters<typeof startFixture>[0]) => {
  fixture = await startFixture(options);
  return fixture;
};

const channelPath = `conversations/${encodeURIComponent(channelId)}`;
const shownCard = {
  type: 'AdaptiveCard',
  version: '1.5',
  body: [{ type: 'TextBlock', text: 'ok' }],
};
const MESSAGE = 'application/vnd.microsoft.activity.message';
const resource = `api://botid-${demoBotAppId}`;
const card = (value: Json = shownCard) => ({ statusCode: 200, type: CARD, value });
const loginRequest = (exchange = true) => ({
  statusCode: 401,
  type: 'application/vnd.microsoft.activity.loginRequest',
  value: {
    text: 'Prove who you are',
    connectionName: 'teams',
    ...(exchange ? { tokenExchangeResource: { id: 'x1', uri: resource } } : {}),
    buttons: [{ type: 'signin', title: 'Sign in', value: 'http://127.0.0.1:9/sign-in?link=1' }],
  },
});

/** Posts a card to the channel and returns what a click on it needs. */
async function posted({ call }: Fixture, more: Json = {}) {
  const { body } = await call('POST', `${channelPath}/activities`, cardMessage(more));
  return { personId: 'amara', chatId: channelId, messageId: String(body.id) };
}
const approve = {
  type: 'Action.Execute',
  title: 'Approve',
  verb: 'approve',
  data: { request: 'r' },
};
const valueOf = (fx: Fixture, at: number) => fx.bot.heard[at]?.activity.value as Json;

describe('install', () => {
  test('sends the bot one activity for every chat that it was added to', async () => {
    const { connector, bot } = await start();
    await connector.uninstall('mia');
    bot.heard.length = 0;
    await connector.install();
    await connector.install();
    const mia = person('mia');
    expect(bot.heard.map(({ activity }) => activity)).toMatchObject([
      {
        type: 'conversationUpdate',
        from: { id: mia.mri, aadObjectId: mia.oid },
        conversation: { conversationType: 'personal', tenantId: demoTenantId },
        membersAdded: [{ id: mia.mri }, { id: `28:${demoBotAppId}` }],
      },
      { type: 'installationUpdate', action: 'add' },
    ]);
  });

  test('opening the personal chat installs the app first', async () => {
    const { connector, bot } = await start();
    await connector.uninstall('mia');
    bot.heard.length = 0;
    const chat = connector.chats('mia').find(({ kind }) => kind === 'personal');
    await connector.say('mia', chat?.id ?? '', 'help');
    expect(bot.heard.map(({ activity }) => activity.type)).toEqual([
      'conversationUpdate',
      'installationUpdate',
      'message',
    ]);
  });
});

describe('say', () => {
  test('mentions the bot and names the thread in a channel', async () => {
    const { connector, bot } = await start();
    await connector.say('mia', channelId, 'request deploy-production');
    const [heard] = bot.heard;
    const [message] = connector.messages('olu', channelId);
    const mia = person('mia');
    expect(message).toMatchObject({ text: 'request deploy-production', from: { bot: false } });
    expect(heard?.authorization).toMatch(/^Bearer eyJ/);
    expect(heard?.activity).toMatchObject({
      type: 'message',
      id: message?.id,
      channelId: 'msteams',
      serviceUrl: connector.serviceUrl,
      text: '<at>Countersign</at> request deploy-production',
      from: { id: mia.mri, name: mia.name, aadObjectId: mia.oid },
      recipient: { id: `28:${demoBotAppId}` },
      conversation: {
        id: `${channelId};messageid=${String(message?.id)}`,
        conversationType: 'channel',
        isGroup: true,
        tenantId: demoTenantId,
      },
      channelData: {
        tenant: { id: demoTenantId },
        channel: { id: channelId },
        team: { id: '19:team@thread.tacv2' },
      },
      entities: [
        { type: 'mention', mentioned: { id: `28:${demoBotAppId}` } },
        { type: 'clientInfo' },
      ],
    });
  });

  test('rejects a message in a chat of others, and reports a bot that refuses', async () => {
    const { connector, bot } = await start();
    const chat = connector.chats('mia').find(({ kind }) => kind === 'personal')?.id ?? '';
    await expect(connector.say('olu', chat, 'x')).rejects.toThrow(/not in the chat/);
    expect(connector.messages('olu', chat)).toEqual([]);
    bot.reply = () => ({ status: 500 });
    await expect(connector.say('mia', chat, 'x')).rejects.toThrow(/answered 500/);
  });
});

describe('Action.Execute', () => {
  test('sends verb, data and inputs; shows the returned card to the clicking person alone', async () => {
    const { connector, bot, call } = await start();
    const click = await posted(fixture);
    bot.reply = () => ({ body: card() });
    expect(
      await connector.click({ ...click, action: approve, inputs: { reason: 'fine' } }),
    ).toEqual({ kind: 'card', card: shownCard, personal: true });
    expect(bot.heard[0]?.activity).toMatchObject({
      type: 'invoke',
      name: 'adaptiveCard/action',
      replyToId: click.messageId,
      conversation: { id: `${channelId};messageid=${click.messageId}` },
      value: {
        action: {
          type: 'Action.Execute',
          verb: 'approve',
          data: { request: 'r', reason: 'fine' },
        },
        trigger: 'manual',
      },
    });
    expect(valueOf(fixture, 0).action).not.toHaveProperty('title');
    const seen = (id: string) => connector.messages(id, channelId)[0]?.attachments[0]?.content.body;
    expect([seen('amara'), seen('olu')]).toEqual([shownCard.body, []]);
    await call('PUT', `${channelPath}/activities/${click.messageId}`, cardMessage({ body: [1] }));
    expect([seen('amara'), seen('olu')]).toEqual([[1], [1]]);
  });

  test('drops a returned card that is older than an edit', async () => {
    const { connector, bot, call } = await start();
    const click = await posted(fixture);
    bot.reply = () => ({ body: card(), afterMs: 100 });
    const clicked = connector.click({ ...click, action: approve });
    await call('PUT', `${channelPath}/activities/${click.messageId}`, cardMessage({ body: [2] }));
    expect(await clicked).toMatchObject({ kind: 'card' });
    expect(connector.messages('amara', channelId)[0]?.attachments[0]?.content.body).toEqual([2]);
  });

  test('answers a login request by single sign-on, and sends the action again', async () => {
    const { connector, bot } = await start();
    const click = await posted(fixture);
    bot.reply = ({ value }) => ({
      body: (value as Json).authentication === undefined ? loginRequest() : card(),
    });
    expect(await connector.click({ ...click, action: approve })).toMatchObject({ kind: 'card' });
    expect(bot.heard).toHaveLength(2);
    expect(valueOf(fixture, 1)).toEqual({
      ...valueOf(fixture, 0),
      authentication: {
        id: 'x1',
        connectionName: 'teams',
        token: `token of amara for ${resource}`,
      },
    });
  });

  test.each([
    ['single sign-on off', { sso: false, second: card(), sent: 1 }],
    ['an insufficient token', { sso: true, second: { statusCode: 412, type: 'x' }, sent: 2 }],
    ['a second login request', { sso: true, second: loginRequest(), sent: 2 }],
  ])('%s leads to the sign-in button', async (_name, { sso, second, sent }) => {
    const { connector, bot } = await start();
    const click = await posted(fixture);
    connector.singleSignOn = sso;
    bot.reply = ({ value }) => ({
      body: (value as Json).authentication === undefined ? loginRequest() : second,
    });
    expect(await connector.click({ ...click, action: approve })).toEqual({
      kind: 'signIn',
      url: 'http://127.0.0.1:9/sign-in?link=1',
      text: 'Prove who you are',
    });
    expect(bot.heard).toHaveLength(sent);
  });

  test('without a token for the resource shows the sign-in button, whose code sends the action again', async () => {
    const { connector, bot } = await start({
      singleSignOn: () => Promise.reject(new Error('resourcematchfailed')),
    });
    const click = await posted(fixture);
    bot.reply = ({ value }) => ({
      body: (value as Json).state === 'code-1' ? card() : loginRequest(),
    });
    const first = await connector.click({ ...click, action: approve });
    expect(first).toMatchObject({ kind: 'signIn' });
    const again = { ...click, action: approve, state: 'code-1' };
    expect(await connector.click(again)).toMatchObject({ kind: 'card' });
    expect(valueOf(fixture, 1)).toEqual({ ...valueOf(fixture, 0), state: 'code-1' });
  });

  test.each([
    ['a message', { statusCode: 200, type: MESSAGE, value: 'hi' }, { kind: 'message', text: 'hi' }],
    [
      'an error',
      {
        statusCode: 403,
        type: 'application/vnd.microsoft.error',
        value: { code: 'role_missing', message: 'Not yours' },
      },
      { kind: 'error', code: 'role_missing', text: 'Not yours' },
    ],
    ['nothing', {}, { kind: 'none' }],
    ['no card', card({ type: 'Nothing' }), { kind: 'error', code: 'bad_card' }],
    [
      'a huge card',
      card({ type: 'AdaptiveCard', x: 'x'.repeat(29_000) }),
      { kind: 'error', code: 'card_too_big' },
    ],
    ['no status code', { type: CARD, value: shownCard }, { kind: 'error', code: 'bad_answer' }],
    [
      'no sign-in button',
      { ...loginRequest(), value: {} },
      { kind: 'error', code: 'sign_in_failed' },
    ],
  ])('shows %s as a result', async (_name, body, expected) => {
    const { connector, bot } = await start();
    const click = await posted(fixture);
    bot.reply = () => ({ body });
    expect(await connector.click({ ...click, action: approve })).toMatchObject(expected);
  });
});

describe('time-outs', () => {
  test('repeats an unanswered invoke unchanged, then gives up', async () => {
    const { connector, bot } = await start({ resendAfterMs: 50, giveUpAfterMs: 150 });
    const click = await posted(fixture);
    bot.reply = () => ({ hang: true });
    expect(await connector.click({ ...click, action: approve })).toMatchObject({
      kind: 'error',
      code: 'timeout',
    });
    expect(bot.heard).toHaveLength(2);
    expect(bot.heard[1]?.activity).toEqual(bot.heard[0]?.activity);
  });

  test('uses the first answer', async () => {
    const { connector, bot } = await start({ resendAfterMs: 40, giveUpAfterMs: 2_000 });
    const click = await posted(fixture);
    bot.reply = () => (bot.heard.length === 1 ? { hang: true } : { body: card() });
    expect(await connector.click({ ...click, action: approve })).toMatchObject({ kind: 'card' });
    expect(bot.heard).toHaveLength(2);
  });

  test('reports a bot that is down or fails at once', async () => {
    const { connector, bot } = await start();
    const click = await posted(fixture);
    bot.reply = () => ({ status: 500 });
    expect(await connector.click({ ...click, action: approve })).toMatchObject({
      kind: 'error',
      code: 'http_500',
    });
    await bot.stop();
    expect(await connector.click({ ...click, action: approve })).toMatchObject({
      kind: 'error',
      code: 'unreachable',
    });
  });
});

describe('Action.Submit and dialogs', () => {
  const dialog = {
    task: {
      type: 'continue',
      value: { title: 'Review', card: { contentType: CARD, content: shownCard } },
    },
  };

  test('sends a submit as a message with the value', async () => {
    const { connector, bot } = await start();
    const click = await posted(fixture);
    const action = { type: 'Action.Submit', data: { request: 'r' } };
    expect(await connector.click({ ...click, action, inputs: { a: '1' } })).toEqual({
      kind: 'none',
    });
    expect(bot.heard[0]?.activity).toMatchObject({
      type: 'message',
      text: '',
      replyToId: click.messageId,
      value: { request: 'r', a: '1' },
    });
  });

  test('task/fetch opens a dialog, whose own submit is task/submit', async () => {
    const { connector, bot } = await start();
    const click = await posted(fixture);
    bot.reply = ({ name }) => ({
      body: name === 'task/fetch' ? dialog : { task: { type: 'message', value: 'Thanks' } },
    });
    const fetchTask = { type: 'Action.Submit', data: { msteams: { type: 'task/fetch' }, r: 1 } };
    expect(await connector.click({ ...click, action: fetchTask })).toEqual({
      kind: 'dialog',
      title: 'Review',
      card: shownCard,
    });
    const action = { type: 'Action.Submit', data: { r: 1 } };
    expect(await connector.click({ ...click, action, inputs: { why: 'x' }, dialog: true })).toEqual(
      { kind: 'message', text: 'Thanks' },
    );
    expect(bot.heard.map(({ activity }) => activity)).toMatchObject([
      { name: 'task/fetch', value: { data: { r: 1 } } },
      { name: 'task/submit', value: { data: { r: 1, why: 'x' } } },
    ]);
  });

  test('opens and sends the form of the messaging extension', async () => {
    const { connector, bot } = await start();
    const at = { personId: 'mia', chatId: channelId, commandId: 'request' };
    bot.reply = ({ name }) => ({
      body: name === 'composeExtension/fetchTask' ? dialog : undefined,
    });
    expect(await connector.openExtension('mia', channelId, 'request')).toMatchObject({
      kind: 'dialog',
      title: 'Review',
    });
    expect(await connector.submitExtension({ ...at, data: { service: 'checkout' } })).toEqual({
      kind: 'none',
    });
    expect(valueOf(fixture, 1)).toMatchObject({
      commandId: 'request',
      commandContext: 'compose',
      data: { service: 'checkout' },
    });
    const preview = { type: 'result', attachments: [{ contentType: CARD, content: shownCard }] };
    bot.reply = () => ({ body: { composeExtension: preview } });
    expect(await connector.submitExtension({ ...at, data: {} })).toEqual({
      kind: 'card',
      card: shownCard,
      personal: true,
    });
  });
});

describe('refresh', () => {
  const refresh = {
    action: { type: 'Action.Execute', verb: 'view', data: { request: 'r' } },
    userIds: [person('amara').mri],
  };

  test('is sent only for people whom the card names, without a sign-in', async () => {
    const { connector, bot } = await start();
    const { messageId } = await posted(fixture, { refresh });
    bot.reply = () => ({ body: card() });
    expect(await connector.refresh('olu', channelId, messageId)).toBeUndefined();
    expect(bot.heard).toHaveLength(0);
    expect(await connector.refresh('amara', channelId, messageId)).toEqual(shownCard);
    expect(valueOf(fixture, 0)).toEqual({ action: refresh.action, trigger: 'automatic' });
    expect(connector.messages('amara', channelId)[0]?.attachments[0]?.content).toEqual(shownCard);
    bot.reply = () => ({ body: loginRequest() });
    expect(await connector.refresh('amara', channelId, messageId)).toBeUndefined();
    expect(bot.heard).toHaveLength(2);
  });
});

describe('raw activities', () => {
  test('can be sent with any token or none, and return the answer', async () => {
    const { connector, bot } = await start();
    const click = await posted(fixture);
    bot.reply = () => ({ status: 401, body: { code: 'no' } });
    const activity = connector.activity({
      ...click,
      replyToId: click.messageId,
      with: { name: 'adaptiveCard/action', value: {}, serviceUrl: undefined },
    });
    expect(activity).not.toHaveProperty('serviceUrl');
    expect(await connector.post(activity, { token: null })).toMatchObject({
      status: 401,
      body: { code: 'no' },
    });
    await connector.post(activity, { token: 'forged' });
    await connector.post(activity);
    expect(bot.heard.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer forged',
      expect.stringMatching(/^Bearer eyJ/),
    ]);
  });
});
