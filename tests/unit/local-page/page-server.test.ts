import { request as httpRequest } from 'node:http';
import { startPageServer } from '../../../src/local/page-server.ts';
import type { PageServer } from '../../../src/local/page-server.ts';
import { FakeWorld } from './fake-world.ts';

const CHANNEL = '19:approvals@thread.tacv2';
let world: FakeWorld;
let page: PageServer;
let messageId: string;

beforeEach(async () => {
  world = new FakeWorld();
  messageId = world.ask({
    number: 41,
    service: 'checkout',
    version: '4.12.0',
    requester: 'Mia Berg',
    reason: 'Fixes a double charge',
    state: 'pending',
  });
  page = await startPageServer({ world });
});

afterEach(() => page.stop());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function post(path: string, body: unknown, headers = {}): Promise<Answer> {
  const answered = await fetch(page.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: page.url, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answered.status, body: (await answered.json()) as Answer['body'] };
}

async function get(path: string, headers = {}): Promise<Answer> {
  const answered = await fetch(page.url + path, { headers });
  return { status: answered.status, body: (await answered.json()) as Answer['body'] };
}

function press(as: string, verb: string): Promise<Answer> {
  const action = { type: 'Action.Execute', verb };
  return post('/api/click', { as, chatId: CHANNEL, messageId, action, inputs: {} });
}

describe('the page API', () => {
  test('returns the person, all people, the chats and the settings as the state', async () => {
    const { status, body } = await get('/api/state?as=aisha');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      me: 'aisha',
      title: 'Countersign',
      commandId: 'request',
      settings: { singleSignOn: true },
      chats: [{ kind: 'personal' }, { id: CHANNEL, kind: 'channel' }],
    });
    expect(body['people']).toHaveLength(7);
  });

  test('uses the first person by default', async () => {
    expect((await get('/api/state')).body['me']).toBe('mia');
  });

  test('returns the messages of a chat with their cards', async () => {
    const { body } = await get(`/api/chats/${encodeURIComponent(CHANNEL)}/messages?as=mia`);
    expect(body['messages']).toMatchObject([
      {
        id: messageId,
        attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }],
      },
    ]);
  });

  test('passes a message to the bot with its author', async () => {
    const { status } = await post('/api/say', { as: 'mia', chatId: 'a:mia', text: ' help ' });
    expect(status).toBe(200);
    expect(world.heard).toEqual(['mia: help']);
  });

  test("returns the bot's answer to a click: a card, or a refusal with its code", async () => {
    expect((await press('oskar', 'approve')).body).toMatchObject({
      kind: 'error',
      code: 'role-missing',
    });
    expect((await press('aisha', 'approve')).body).toMatchObject({ kind: 'card' });
  });

  test('sends the code of a sign-in with the repeated click', async () => {
    await post('/api/settings', { singleSignOn: false });
    expect((await press('aisha', 'approve')).body).toMatchObject({ kind: 'signIn' });
    const action = { type: 'Action.Execute', verb: 'approve' };
    const again = { as: 'aisha', chatId: CHANNEL, messageId, action, state: '123456' };
    expect((await post('/api/click', again)).body).toMatchObject({ kind: 'card' });
  });

  test('returns the card at a refresh, or null without one', async () => {
    const where = { as: 'aisha', chatId: CHANNEL };
    expect((await post('/api/refresh', { ...where, messageId })).body).toMatchObject({
      card: { type: 'AdaptiveCard' },
    });
    expect((await post('/api/refresh', { ...where, messageId: 'none' })).body).toEqual({
      card: null,
    });
  });

  test('opens and accepts the form of the extension command', async () => {
    const where = { as: 'mia', chatId: CHANNEL, commandId: 'request' };
    expect((await post('/api/extension/open', where)).body).toMatchObject({ kind: 'dialog' });
    const data = { service: 'billing', version: '1.0.0' };
    expect((await post('/api/extension/submit', { ...where, data })).body).toMatchObject({
      kind: 'message',
    });
  });

  test('answers a fault with a sentence, and does not hang', async () => {
    world.say = () => Promise.reject(new Error('the bot is down'));
    expect(await post('/api/say', { as: 'mia', chatId: CHANNEL, text: 'help' })).toEqual({
      status: 502,
      body: { code: 'world-failed', message: 'the bot is down' },
    });
  });
});

describe('the page server rejects', () => {
  test.each([
    ['/api/state?as=nobody', 404, 'unknown-person'],
    ['/api/events?as=nobody', 404, 'unknown-person'],
    ['/api/chats/elsewhere/messages?as=mia', 404, 'unknown-chat'],
    ['/api/chats/%zz/messages?as=mia', 400, 'bad-input'],
    ['/api/chats/a%3Aaisha/messages?as=mia', 404, 'unknown-chat'],
    ['/api/nothing', 404, 'not-found'],
    ['/api/constructor', 404, 'not-found'],
    ['/api/say', 405, 'method-not-allowed'],
    ['/../page-server.ts', 404, 'not-found'],
    ['/server/api.ts', 404, 'not-found'],
  ])('GET %s', async (path, status, code) => {
    expect(await get(path)).toMatchObject({ status, body: { code } });
  });

  test.each([
    ['an unknown person', { as: 'nobody', chatId: CHANNEL, text: 'x' }, 404, 'unknown-person'],
    ['a chat of somebody else', { as: 'mia', chatId: 'a:aisha', text: 'x' }, 404, 'unknown-chat'],
    ['no text', { as: 'mia', chatId: CHANNEL }, 400, 'bad-input'],
    ['blank text', { as: 'mia', chatId: CHANNEL, text: ' \n ' }, 400, 'bad-input'],
    ['a text too long', { as: 'mia', chatId: CHANNEL, text: 'x'.repeat(9_000) }, 400, 'bad-input'],
    ['a list', [], 400, 'bad-json'],
    ['broken JSON', '{"as":', 400, 'bad-json'],
    ['a huge body', 'x'.repeat(70_000), 413, 'body-too-large'],
  ])('a message with %s', async (_name, body, status, code) => {
    expect(await post('/api/say', body)).toMatchObject({ status, body: { code } });
    expect(world.heard).toEqual([]);
  });

  test('a huge body of undeclared length while it arrives', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(32)),
    });
    const sent = fetch(`${page.url}/api/say`, {
      method: 'POST',
      duplex: 'half',
      body,
      headers: { 'content-type': 'application/json', origin: page.url },
    } as RequestInit);
    const status = await sent.then(
      (answered) => answered.status,
      () => 'cut off',
    );
    expect([413, 'cut off']).toContain(status);
    expect((await get('/api/state')).status).toBe(200);
  });

  test.each([
    ['another site', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['an opaque origin', { origin: 'null' }],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
  ])('a request of %s', async (_name, headers) => {
    const said = await post('/api/say', { as: 'mia', chatId: CHANNEL, text: 'help' }, headers);
    expect(said).toMatchObject({ status: 403, body: { code: 'cross-origin' } });
    expect(await get('/api/state', headers)).toMatchObject({ status: 403 });
    expect(world.heard).toEqual([]);
  });

  test('a change without any origin', async () => {
    expect(await rawPost({ host: new URL(page.url).host })).toEqual({
      status: 403,
      code: 'cross-origin',
    });
  });

  test('a host name that was rebound to loopback', async () => {
    const host = `evil.example:${new URL(page.url).port}`;
    expect(await rawPost({ host, origin: `http://${host}` })).toEqual({
      status: 421,
      code: 'wrong-host',
    });
  });

  test('a body that is not JSON by its type, or is compressed', async () => {
    const text = { 'content-type': 'text/plain' };
    expect(await post('/api/say', '{}', text)).toMatchObject({
      status: 415,
      body: { code: 'unsupported-media-type' },
    });
    expect(await post('/api/say', '{}', { 'content-encoding': 'gzip' })).toMatchObject({
      status: 415,
    });
  });
});

/** A POST with exactly these headers, which fetch would not send. */
function rawPost(headers: Record<string, string>): Promise<{ status?: number; code: unknown }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(page.url);
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path: '/api/say',
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      },
      (answered) => {
        let text = '';
        answered.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answered.on('end', () => {
          const { code } = JSON.parse(text) as { code: unknown };
          resolve({ status: answered.statusCode, code });
        });
      },
    );
    sent.on('error', reject);
    sent.end('{"as":"mia"}');
  });
}

describe('the served files', () => {
  test('have a strict content security policy and are not cached', async () => {
    for (const path of ['/', '/main.js', '/tokens.css', '/icon.svg', '/vendor/adaptivecards.js']) {
      const answered = await fetch(page.url + path);
      await answered.arrayBuffer();
      expect([path, answered.status]).toEqual([path, 200]);
      const policy = answered.headers.get('content-security-policy');
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toContain('unsafe');
      expect(answered.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answered.headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe('live events', () => {
  test('carry messages, updates and settings, and end with the server', async () => {
    const answered = await fetch(`${page.url}/api/events?as=mia`);
    expect(answered.headers.get('content-type')).toContain('text/event-stream');
    const { seen, ended } = collect(answered);
    await until(() => seen().includes('event: hello'));
    await press('aisha', 'approve');
    await post('/api/settings', { singleSignOn: false });
    await until(() => seen().includes('event: settings'));
    const chat = /event: chat\ndata: (.*)\n/.exec(seen());
    expect(JSON.parse(chat?.[1] ?? '{}')).toMatchObject({
      type: 'update',
      chatId: CHANNEL,
      message: { id: messageId, edited: true },
    });
    await page.stop();
    await ended;
    expect(world.listenerCount).toBe(0);
    page = await startPageServer({ world });
  });

  test('forget a closed page', async () => {
    const leave = new AbortController();
    await fetch(`${page.url}/api/events?as=mia`, { signal: leave.signal });
    expect(world.listenerCount).toBe(1);
    leave.abort();
    await until(() => world.listenerCount === 0);
  });

  test('are limited in number', async () => {
    const leave = new AbortController();
    const open = Array.from({ length: 65 }, () => {
      return fetch(`${page.url}/api/events?as=mia`, { signal: leave.signal });
    });
    const statuses = (await Promise.all(open)).map((answered) => answered.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    leave.abort();
    await until(() => world.listenerCount === 0);
  });
});

function collect(answered: Response): { seen: () => string; ended: Promise<void> } {
  let text = '';
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of answered.body ?? []) text += decoder.decode(chunk, { stream: true });
  };
  return { seen: () => text, ended: read() };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (holds()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error('it did not come to pass within two seconds');
}
