import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notice } from '../../../src/domain/notice.ts';
import { outcomeOf } from '../../../src/domain/outcome.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import { demoTenantId } from '../../../src/local/people.ts';
import { DeliveryError } from '../../../src/usecases/ports/delivery-error.ts';
import type { Notifier, Posted } from '../../../src/usecases/ports/notifier.ts';
import { NOW } from '../../support/builders.ts';
import { CHANNEL, TURN, mia, startBot, startWire, teamsConfig } from './world.ts';

const card = (text: string) => async () => ({
  card: { type: 'AdaptiveCard', text },
  summary: `Says ${text}`,
});

let wire: LocalConnector;
beforeEach(async () => {
  wire = await startWire();
});
afterEach(() => wire.stop());

async function postTo(notifier: Notifier): Promise<Posted> {
  const posted = await notifier.postCard({ channel: 'approvals' }, card('one'), TURN);
  if (posted === null) throw new Error('nothing was posted');
  return posted;
}

const chat = () => wire.chats('mia').find(({ kind }) => kind === 'personal')?.id ?? '';
const known = () => [
  {
    key: `person:${demoTenantId}:${mia?.oid}`,
    tenantId: demoTenantId,
    conversationId: chat(),
    serviceUrl: wire.serviceUrl,
    userId: mia?.mri ?? null,
    updatedAt: NOW,
  },
];

test('starts a thread in a channel, and updates it by its ids', async () => {
  const { notifier } = startBot(wire).outbound;
  const posted = await postTo(notifier);
  const shown = wire.messages('mia', CHANNEL).at(-1);
  expect(posted).toEqual({
    conversationId: `${CHANNEL};messageid=${shown?.id}`,
    activityId: shown?.id,
    serviceUrl: wire.serviceUrl,
  });
  expect(wire.calls().at(-1)).toMatchObject({
    path: '/teams/v3/conversations',
    body: {
      isGroup: true,
      channelData: { channel: { id: CHANNEL }, tenant: { id: demoTenantId } },
      activity: { type: 'message', summary: 'Says one' },
    },
  });
  await notifier.updateCard(posted, card('two'), TURN);
  expect(wire.messages('mia', CHANNEL)).toHaveLength(1);
  expect(wire.messages('mia', CHANNEL)[0]).toMatchObject({
    edited: true,
    attachments: [{ content: { text: 'two' } }],
  });
});

const ended: Notice = {
  code: 'request_ended',
  params: { number: 17, title: '*New*', state: 'denied' },
  outcome: outcomeOf('denied', { by: '*Owen*' }, { at: 0 }),
};

test('writes to conversations and people at their stored service URL', async () => {
  const { notifier } = startBot(wire, { conversations: known() }).outbound;
  const to = { conversationId: chat(), serviceUrl: wire.serviceUrl };
  const posted = await notifier.postCard(to, card('one'), TURN);
  expect(posted).toMatchObject(to);
  await notifier.tell({ tenantId: demoTenantId, objectId: mia?.oid ?? '' }, ended, TURN);
  expect(wire.messages('mia', chat()).map(({ id, text }) => ({ id, text }))).toEqual([
    { id: posted?.activityId, text: undefined },
    {
      id: expect.any(String),
      text: 'Request 17 (\\*New\\*): **denied**. \\*Owen\\* denied it.',
    },
  ]);
});

test.each([
  ['an unknown channel', () => ({ channel: 'toString' })],
  [
    'a conversation that is no more',
    () => ({
      conversationId: '19:gone@thread.tacv2',
      serviceUrl: wire.serviceUrl,
    }),
  ],
])('reports %s as a place that is unknown', async (_name, to) => {
  const { notifier } = startBot(wire).outbound;
  await expect(notifier.postCard(to(), card('one'), TURN)).rejects.toMatchObject({
    name: 'DeliveryError',
    reason: 'place_unknown',
    retryAfterMs: null,
  });
});

describe('a personal chat', () => {
  const person = { tenantId: demoTenantId, objectId: mia?.oid ?? '' };
  const opened = () => wire.calls().filter(({ path }) => /\/conversations\/?$/.test(path));

  test.each([
    ['404 ConversationNotFound', { status: 404, code: 'ConversationNotFound' }],
    ['403 BotNotInConversationRoster', { status: 403, code: 'BotNotInConversationRoster' }],
    ['403 Unknown', { status: 403, code: 'Unknown' }],
  ])('that answers %s is opened by object id, and stored', async (_name, fault) => {
    const { outbound, calls } = startBot(wire, { conversations: known() });
    wire.fail({ ...fault, path: /activities/ });
    await outbound.notifier.tell(person, ended, TURN);
    expect(opened()).toMatchObject([{ body: { members: [{ id: mia?.oid }] }, status: 201 }]);
    expect(wire.messages('mia', chat()).at(-1)?.text).toMatch(/^Request 17/);
    expect(calls).toMatchObject([
      {
        name: 'rememberConversation',
        input: { kind: 'person', id: mia?.oid, conversationId: chat(), userId: mia?.mri },
      },
    ]);
  });

  test('that was never stored is opened where the channels of the tenant are', async () => {
    const { outbound, calls } = startBot(wire);
    await outbound.notifier.tell(person, ended, TURN);
    expect(wire.messages('mia', chat()).at(-1)?.text).toMatch(/^Request 17/);
    expect(calls).toMatchObject([{ input: { serviceUrl: wire.serviceUrl, userId: null } }]);
  });

  test('is unreachable where Teams refuses to open it, and only there', async () => {
    await wire.uninstall('mia').catch(() => undefined);
    const tell = () =>
      startBot(wire, { conversations: known() }).outbound.notifier.tell(person, ended, TURN);
    await expect(tell()).rejects.toMatchObject({ reason: 'unreachable', status: 403 });
    expect(opened()).toHaveLength(1);
    await wire.install({ personIds: ['mia'], silent: true });
    wire.fail({ status: 500, path: /activities/ });
    await expect(tell()).rejects.toMatchObject({ reason: null, status: 500 });
    expect(opened()).toHaveLength(1);
  });

  test('is not unreachable where an administrator blocked the app', async () => {
    const { notifier } = startBot(wire, { conversations: known() }).outbound;
    wire.fail({ status: 403, code: 'BotDisabledByAdmin', times: 2 });
    await expect(notifier.tell(person, ended, TURN)).rejects.toMatchObject({ reason: 'blocked' });
    await notifier.tell(person, ended, TURN);
    expect(wire.messages('mia', chat()).at(-1)?.text).toMatch(/^Request 17/);
  });

  test('of a person who blocked the bot is not opened again', async () => {
    const { notifier } = startBot(wire, { conversations: known() }).outbound;
    wire.fail({ status: 403, code: 'ConversationBlockedByUser', path: /activities/ });
    await expect(notifier.tell(person, ended, TURN)).rejects.toMatchObject({
      reason: 'unreachable',
    });
    expect(opened()).toEqual([]);
  });
});

test.each([
  [404, 'ActivityNotFound', 'message_gone'],
  [404, 'ActivityNotFoundInConversation', 'message_gone'],
  [404, 'ConversationNotFound', 'place_unknown'],
  [404, 'ServiceError', null],
  [403, 'ActivityNotFound', null],
  [403, 'BotNotInConversationRoster', 'not_member'],
  [403, 'BotDisabledByAdmin', 'blocked'],
  [403, 'Unknown', null],
  [500, 'ActivityNotFound', null],
])('reads an update refused with %i %s as %s', async (status, code, reason) => {
  const { notifier } = startBot(wire).outbound;
  const posted = await postTo(notifier);
  wire.fail({ status, code, method: 'PUT' });
  await expect(notifier.updateCard(posted, card('two'), TURN)).rejects.toMatchObject({ reason });
});

describe('a connection that died while idle', () => {
  test('is opened anew by the first call after it', async () => {
    const { notifier } = startBot(wire).outbound;
    await postTo(notifier);
    const made = wire.calls().length;
    wire.fail({ drop: 'stale' });
    await postTo(notifier);
    expect(wire.messages('mia', CHANNEL)).toHaveLength(2);
    expect(
      wire
        .calls()
        .slice(made)
        .map(({ status }) => status),
    ).toEqual([0, 201]);
  });

  test('is tried again once only', async () => {
    const { notifier } = startBot(wire).outbound;
    await postTo(notifier);
    const made = wire.calls().length;
    wire.fail({ drop: 'before', times: 9 });
    await expect(postTo(notifier)).rejects.toMatchObject({ reason: null, status: null });
    expect(wire.calls().slice(made)).toHaveLength(2);
  });
});

describe('a call that Teams refuses', () => {
  test.each([412, 429, 502, 504])('is retried after %i, with jitter', async (status) => {
    const waits: number[] = [];
    const wait = (ms: number) => Promise.resolve(void waits.push(ms));
    const { notifier } = startBot(wire, { wait }).outbound;
    wire.fail({ status, times: 2 });
    await notifier.postCard({ channel: 'approvals' }, card('one'), TURN);
    expect(wire.calls().map((call) => call.status)).toEqual([status, status, 201]);
    expect(waits).toHaveLength(2);
    expect(waits[0]).toBeGreaterThanOrEqual(400);
    expect(waits[0]).toBeLessThan(1_200);
    expect(waits[1]).toBeGreaterThanOrEqual(800);
    expect(waits[1]).toBeLessThan(2_400);
  });

  test('is left to the job after three tries', async () => {
    const { notifier } = startBot(wire, { wait: () => Promise.resolve() }).outbound;
    wire.fail({ status: 502, times: 9 });
    await expect(
      notifier.postCard({ channel: 'approvals' }, card('one'), TURN),
    ).rejects.toMatchObject({
      name: 'DeliveryError',
      reason: null,
      retryAfterMs: null,
      message: 'Teams did not take a channel message: status 502 ServiceError',
    });
    expect(wire.calls()).toHaveLength(3);
  });

  test('waits as long as Retry-After says, and leaves a long wait to the job', async () => {
    const waits: number[] = [];
    let now = NOW;
    const wait = async (ms: number) => {
      waits.push(ms);
      now += ms;
    };
    const { notifier } = startBot(wire, { wait, now: () => now }).outbound;
    wire.fail({ status: 429, retryAfterSeconds: 3 });
    await notifier.postCard({ channel: 'approvals' }, card('one'), TURN);
    expect(waits).toEqual([3_000]);
    wire.fail({ status: 429, retryAfterSeconds: 90 });
    await expect(
      notifier.postCard({ channel: 'approvals' }, card('two'), TURN),
    ).rejects.toMatchObject({ reason: null, retryAfterMs: 90_000 });
    expect(waits).toEqual([3_000]);
    const calls = wire.calls().length;
    await expect(
      notifier.postCard({ channel: 'approvals' }, card('two'), TURN),
    ).rejects.toMatchObject({ retryAfterMs: 90_000, tried: false });
    expect(wire.calls()).toHaveLength(calls);
    now += 90_000;
    await notifier.postCard({ channel: 'approvals' }, card('two'), TURN);
  });

  test('counts a channel with its reply chains: the eighth call in a second waits', async () => {
    const { notifier } = startBot(wire).outbound;
    const posted = await postTo(notifier);
    for (let call = 0; call < 7; call += 1) {
      await notifier.updateCard(posted, card(String(call)), TURN);
    }
    const made = wire.calls().length;
    const waits: Promise<void>[] = [];
    const stop = new AbortController();
    const other = { ...posted, conversationId: `${CHANNEL};messageid=2` };
    const turn = { ...TURN, aside: (wait: Promise<void>) => void waits.push(wait) };
    const eighth = notifier.updateCard(other, card('eight'), { ...turn, signal: stop.signal });
    stop.abort();
    await expect(eighth).rejects.toMatchObject({ tried: false, retryAfterMs: 0 });
    expect(waits).toHaveLength(1);
    await waits[0];
    expect(wire.calls()).toHaveLength(made);
  });

  test('sends nothing if the card is no longer wanted at its turn', async () => {
    const { notifier } = startBot(wire).outbound;
    const posted = await postTo(notifier);
    const made = wire.calls().length;
    expect(await notifier.updateCard(posted, async () => null, TURN)).toBeNull();
    expect(wire.calls()).toHaveLength(made);
  });

  test.each([
    ['a server error', { status: 500 }],
    ['503', { status: 503, retryAfterSeconds: 1 }],
    ['a lost answer', { drop: 'after' as const }],
  ])('is not repeated by the client after %s: Teams may have accepted it', async (_name, fault) => {
    const { notifier } = startBot(wire).outbound;
    wire.fail({ ...fault, times: 5 });
    await expect(
      notifier.postCard({ channel: 'approvals' }, card('one'), TURN),
    ).rejects.toBeInstanceOf(DeliveryError);
    expect(wire.calls()).toHaveLength(1);
  });
});

describe('another server', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  async function elsewhere(answer: (response: ServerResponse) => void) {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      answer(response);
    });
    servers.push(server);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { seen, url: `http://127.0.0.1:${port}/` };
  }

  function notifierFor(url: string) {
    const { cloud } = teamsConfig(wire);
    return startBot(wire, {
      config: { cloud: { ...cloud, serviceUrlHosts: [new URL(url).host] } },
      timeoutMs: 300,
    }).outbound.notifier;
  }

  test('gets no token if it is not on the allow-list', async () => {
    const { seen, url } = await elsewhere((response) => void response.end('{"id":"1"}'));
    const { notifier } = startBot(wire).outbound;
    await expect(
      notifier.postCard({ conversationId: 'x', serviceUrl: url }, card('one'), TURN),
    ).rejects.toBeInstanceOf(DeliveryError);
    expect(seen).toEqual([]);
  });

  test.each(['elsewhere', '/on/the/same/host'])('cannot redirect a call to %s', async (where) => {
    const target = await elsewhere((response) => void response.end('{"id":"1"}'));
    const location = where.startsWith('/') ? where : target.url;
    const { seen, url } = await elsewhere(
      (response) => void response.writeHead(307, { location }).end(),
    );
    await expect(
      notifierFor(url).postCard({ conversationId: 'x', serviceUrl: url }, card('one'), TURN),
    ).rejects.toBeInstanceOf(DeliveryError);
    expect(seen).toHaveLength(1);
    expect(target.seen).toEqual([]);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['never answers', () => undefined],
    [
      'stops in the middle of its answer',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":');
      },
    ],
  ])('that %s is given up', async (_name, answer) => {
    const { url } = await elsewhere(answer);
    await expect(
      notifierFor(url).postCard({ conversationId: 'x', serviceUrl: url }, card('one'), TURN),
    ).rejects.toMatchObject({ name: 'DeliveryError', reason: null, retryAfterMs: null });
  });
});

test('creates one client for each service URL', async () => {
  const { adapter } = startBot(wire).outbound;
  const first = await adapter.client(wire.serviceUrl);
  expect(await adapter.client(wire.serviceUrl)).toBe(first);
  expect(await adapter.client(wire.serviceUrl.replace(/\/$/, ''))).toBe(first);
});
