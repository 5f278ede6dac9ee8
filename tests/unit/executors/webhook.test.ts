import { Webhook } from 'standardwebhooks';
import { createExecutors } from '../../../src/executors/registry.ts';
import type { WebhookSection } from '../../../src/executors/webhook/webhook-section.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { approvedRequest } from './approved-request.ts';
import { reply, startTarget } from './target.ts';
import type { Target } from './target.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const SOON = 'Fri, 20 Nov 2026 10:00:30 GMT';
let target: Target;
let now = 0;
beforeEach(async () => {
  target = await startTarget();
  now = Date.parse('2026-11-20T10:00:00.700Z');
});
afterEach(() => target.stop());

function sectionOf(change: Partial<WebhookSection> = {}): WebhookSection {
  return {
    kind: 'webhook',
    url: `http://127.0.0.1:${target.port}/hooks/deploy?key=hidden`,
    secret: SECRET,
    timeout: 1_500,
    idempotent: false,
    maxAttempts: 3,
    allowPrivate: ['127.0.0.1'],
    proxy: false,
    ...change,
  };
}
const configOf = (section: WebhookSection, secret = '${env:HOOK_SECRET}') => ({
  deploy: { kind: 'webhook', section, secretRefs: { secret } },
});
function executors(change: Partial<WebhookSection> = {}, profile = 'local' as const) {
  return createExecutors({
    config: { profile, executors: configOf(sectionOf(change)) },
    clock: { now: () => now },
    log: silentLogger,
  });
}
const run = (change: Partial<WebhookSection> = {}, attempt = 1) =>
  executors(change).execute(approvedRequest(), attempt);

describe('a display name', () => {
  const url = () => `http://127.0.0.1:${target.port}/services/T0/B0/x9Kd82jQpL0sVn4TzR7e`;

  test('stands in place of the path, for approvers and in the outcome', async () => {
    const displayName = 'Deploy hook';
    const host = `127.0.0.1:${target.port}`;
    target.answer = reply(400, { message: 'no' });
    const named = executors({ url: url(), displayName });
    expect(named.plan('deploy', {})).toMatchObject({ target: `Deploy hook (${host})` });
    const { outcome } = await named.execute(approvedRequest(), 1);
    expect(JSON.stringify(outcome)).not.toContain('x9Kd82jQpL0sVn4TzR7e');
    expect(target.received[0]?.url).toBe('/services/T0/B0/x9Kd82jQpL0sVn4TzR7e');
  });

  // Fastify's own 404 repeats the address.
  test.each([
    [(path: string) => ({ message: `Route POST:${path} not found` }), 404],
    [(path: string) => ({ detail: `no route ${decodeURIComponent(path)}` }), 422],
    [(path: string) => ({ message: 'done', reference: `https://x.example${path}` }), 201],
    [(path: string) => ({ message: `${'x'.repeat(270)}${path}` }), 500],
  ])('hides the path and the query that the target repeats (%#)', async (body, status) => {
    const path = '/services/T0/x9Kd82jQ%70L0sVn4TzR7e?key=k3yOfTheQuery';
    target.answer = reply(status, body(path));
    const change = { url: new URL(path, url()).href, displayName: 'Deploy hook' };
    const { outcome } = await run(change);
    expect(JSON.stringify(outcome)).not.toMatch(/x9Kd82jQ|k3yOf/);
  });

  test('left out: the query that the target repeats is hidden all the same', async () => {
    target.answer = reply(404, { message: 'no /hooks/deploy?key=hidden-key' });
    const { outcome } = await run({
      url: `http://127.0.0.1:${target.port}/hooks/deploy?key=hidden-key`,
    });
    expect(outcome.params).toMatchObject({ said: 'no /hooks/deploy?…' });
  });

  test('left out: the address is shown, and its hash is as before there were names', () => {
    const plain = executors({ url: url() }).plan('deploy', {});
    expect(plain?.target).toContain('/services/T0/B0/x9Kd82jQpL0sVn4TzR7e');
    const named = executors({ url: url(), displayName: 'Deploy hook' }).plan('deploy', {});
    expect(named?.configHash).not.toBe(plain?.configHash);
  });
});

describe('the webhook executor', () => {
  test('sends the approved request once, signed by Standard Webhooks', async () => {
    target.answer = reply(201, { reference: 'deploy-812', message: 'Started' });
    now = Date.now();
    const result = await run();
    expect(result).toEqual({
      kind: 'applied',
      outcome: {
        code: 'applied',
        params: { target: `127.0.0.1:${target.port}/hooks/deploy`, status: 201, said: 'Started' },
        reference: 'deploy-812',
        at: now,
      },
    });
    expect(target.received).toHaveLength(1);
    const [got] = target.received;
    if (!got) throw new Error('nothing received');
    expect(got.headers).toMatchObject({
      'webhook-id': 'msg_req_1',
      'idempotency-key': 'msg_req_1',
      'webhook-timestamp': String(Math.floor(now / 1_000)),
      'content-type': 'application/json; charset=utf-8',
    });
    expect(new Webhook(SECRET).verify(got.body, got.headers)).toEqual({
      type: 'countersign.request.approved',
      timestamp: '2023-11-14T22:15:00.000Z',
      data: {
        request: 'req_1',
        number: 17,
        workflow: 'deploy-production',
        workflowVersion: 'v1',
        requester: { key: 'demo|ann', name: 'ann' },
        beneficiary: { key: 'demo|ann', name: 'ann' },
        fields: { service: 'checkout', window: 'PT1H' },
        reason: 'release',
        decisions: [
          {
            stage: 'stage-1',
            stageName: 'Owner',
            decision: 'approve',
            approver: { key: 'demo|bo', name: 'bo' },
            role: 'approver',
            at: '2023-11-14T22:15:00.000Z',
          },
        ],
        digest: 'digest-1',
        createdAt: '2023-11-14T22:13:20.000Z',
      },
    });
    expect(got.body).not.toContain('secret-token-id');
    expect(() => new Webhook(SECRET).verify(`${got.body} `, got.headers)).toThrow();
  });

  test('a repeat has the same id and body, with a new time and signature', async () => {
    const both = executors({ idempotent: true });
    target.answer = reply(500);
    await both.execute(approvedRequest(), 1);
    now += 60_000;
    await both.execute({ ...approvedRequest(), version: 9, updatedAt: now }, 2);
    const [one, two] = target.received;
    expect(two?.body).toBe(one?.body);
    expect(two?.headers['webhook-id']).toBe(one?.headers['webhook-id']);
    expect(two?.headers['webhook-timestamp']).not.toBe(one?.headers['webhook-timestamp']);
    expect(two?.headers['webhook-signature']).not.toBe(one?.headers['webhook-signature']);
  });

  test.each([
    [200, {}, false, 'applied', 'applied', null],
    [204, {}, false, 'applied', 'applied', null],
    [301, { location: 'http://127.0.0.1/other' }, true, 'failed', 'target_redirected', null],
    [307, { location: '/other' }, true, 'failed', 'target_redirected', null],
    [400, {}, true, 'failed', 'target_refused', null],
    [409, {}, false, 'failed', 'target_refused', null],
    [408, {}, false, 'retry', 'target_busy', null],
    [425, {}, false, 'retry', 'target_busy', null],
    [429, {}, false, 'retry', 'target_busy', null],
    [429, { 'retry-after': '7' }, false, 'retry', 'target_busy', 7_000],
    [429, { 'retry-after': '999999' }, false, 'retry', 'target_busy', 3_600_000],
    [503, { 'retry-after': SOON }, false, 'retry', 'target_busy', 29_300],
    [503, { 'retry-after': 'soon' }, false, 'unknown', 'target_error', null],
    [503, {}, false, 'unknown', 'target_error', null],
    [500, {}, false, 'unknown', 'target_error', null],
    [500, {}, true, 'retry', 'target_error', null],
    [502, { 'retry-after': '3' }, true, 'retry', 'target_error', 3_000],
  ])(
    'an answer of %d %j (idempotent: %p) gives %s',
    async (status, headers, idempotent, kind, code, retryAfterMs) => {
      target.answer = reply(status, '', headers as Record<string, string>);
      const result = await run({ idempotent });
      expect(result.kind).toBe(kind);
      expect(result.outcome.code).toBe(code);
      expect(result.kind === 'retry' ? result.retryAfterMs : null).toBe(retryAfterMs);
      expect(target.received).toHaveLength(1);
    },
  );

  test('follows no redirect', async () => {
    const other = await startTarget();
    target.answer = reply(308, '', { location: `http://127.0.0.1:${other.port}/` });
    expect((await run()).outcome).toMatchObject({
      code: 'target_redirected',
      params: { status: 308 },
    });
    expect(other.received).toEqual([]);
    await other.stop();
  });

  test('ends at the time-out when the target is silent or sends its answer too slowly', async () => {
    target.answer = () => undefined;
    expect(await run()).toMatchObject({ kind: 'unknown', outcome: { code: 'target_timeout' } });
    expect(await run({ idempotent: true })).toMatchObject({ kind: 'retry' });
    target.answer = (response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    };
    const started = performance.now();
    expect(await run()).toMatchObject({ kind: 'applied' });
    expect(performance.now() - started).toBeLessThan(6_000);
  });

  test('the outcome is unknown when the connection breaks after the request', async () => {
    target.answer = (response) => response.socket?.resetAndDestroy();
    expect(await run()).toMatchObject({ kind: 'unknown', outcome: { code: 'connection_lost' } });
    expect(await run({ idempotent: true })).toMatchObject({ kind: 'retry' });
    expect(target.received).toHaveLength(2);
  });

  test('retries when the target refuses the connection', async () => {
    await target.stop();
    const result = await run();
    expect(result).toMatchObject({ kind: 'retry', outcome: { code: 'target_unreachable' } });
    expect(result.outcome.params['detail']).toContain('ECONNREFUSED');
  });

  test('allows plain http in the local profile alone', () => {
    const create = () =>
      createExecutors({
        config: { profile: 'production', executors: configOf(sectionOf()) },
        clock: { now: () => now },
        log: silentLogger,
      });
    expect(create).toThrow('executors.deploy: url must be an https URL');
  });

  test.each([
    [{ url: 'https://user:pw@hooks.test/' }, 'user name or password'],
    [{ url: 'ftp://hooks.test/' }, 'https URL'],
    [{ url: 'nonsense' }, 'https URL'],
    [{ secret: 'whsec_***' }, 'whsec_ followed by base64'],
    [{ allowPrivate: ['10.0.0.0/99'] }, 'no host, address or CIDR range'],
  ])('rejects the configuration %j', (change, message) => {
    expect(() => executors(change)).toThrow(message);
  });
});

describe('repeated tries', () => {
  test('end as failed when nothing was sent in any try', async () => {
    await target.stop();
    for (const idempotent of [true, false]) {
      const tried = executors({ idempotent });
      const kinds = [];
      for (const attempt of [1, 2, 3]) {
        kinds.push((await tried.execute(approvedRequest(), attempt)).kind);
      }
      expect(kinds).toEqual(['retry', 'retry', 'failed']);
    }
  });

  test('end as unknown, not as failed, when one try may have reached the target', async () => {
    const tried = executors({ idempotent: true });
    target.answer = reply(500);
    expect((await tried.execute(approvedRequest(), 1)).kind).toBe('retry');
    target.answer = reply(429);
    expect((await tried.execute(approvedRequest(), 2)).kind).toBe('retry');
    expect((await tried.execute(approvedRequest(), 3)).kind).toBe('unknown');
    target.answer = reply(401);
    expect((await tried.execute(approvedRequest(), 3)).kind).toBe('unknown');
    target.answer = reply(200);
    expect((await tried.execute(approvedRequest(), 3)).kind).toBe('applied');
  });

  test('count tries of another process as perhaps sent', async () => {
    target.answer = reply(429);
    expect((await run({ idempotent: true }, 3)).kind).toBe('unknown');
    expect((await run({ idempotent: false }, 3)).kind).toBe('failed');
  });
});

describe('the text of a target', () => {
  test('becomes one line of limited length and plain characters', async () => {
    target.answer = reply(422, {
      detail: `no\n\u0000such \u202eversion\u2066 ${'x'.repeat(1_000)}`,
      reference: ['not', 'text'],
    });
    const { params, reference } = (await run()).outcome;
    expect(params['said']).toMatch(/^no such version x{283}…$/);
    expect(reference).toBeNull();
  });

  test.each([
    ['HTML', '<html>'],
    ['null', 'null'],
    ['a list', '["message"]'],
    ['nothing', ''],
    ['members of other types', '{"message":{"a":1},"reference":7}'],
    ['an inherited name', '{"__proto__":{"message":"from the prototype"}}'],
    ['only invisible characters', '{"message":"\\u200b\\u202e"}'],
    ['70 KB', `{"message":"${'y'.repeat(70_000)}"}`],
  ])('is empty for an answer of %s', async (_what, body) => {
    target.answer = reply(200, body);
    const { outcome } = await run();
    expect(outcome).toMatchObject({ code: 'applied', params: { said: null }, reference: null });
  });

  test('stops reading an endless answer', async () => {
    let sent = 0;
    target.answer = (response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('z'.repeat(16_384))) sent += 16_384;
      };
      response.on('drain', more);
      more();
    };
    expect(await run({ timeout: 5_000 })).toMatchObject({ kind: 'applied' });
    expect(sent).toBeLessThan(64 * 1_024 * 1_024);
  });
});

describe('the plan', () => {
  test('names the target without possible secrets', () => {
    const plan = executors().plan('deploy', {});
    expect(plan).toMatchObject({
      executor: 'deploy',
      kind: 'webhook',
      durationMs: null,
      target: `127.0.0.1:${target.port}/hooks/deploy`,
    });
    expect(executors().plan('other', {})).toBeUndefined();
  });

  test('its hash covers the whole configuration, but not the value of a secret', () => {
    const hash = (change: Partial<WebhookSection> = {}) =>
      executors(change).plan('deploy', {})?.configHash;
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    expect(hash({ secret: other })).toBe(hash());
    const changes: Partial<WebhookSection>[] = [
      { url: 'https://hooks.test/other' },
      { timeout: 9 },
      { idempotent: true },
      { maxAttempts: 4 },
      { allowPrivate: [] },
    ];
    const byOther = createExecutors({
      config: { profile: 'local', executors: configOf(sectionOf(), '${env:OTHER}') },
      clock: { now: () => now },
      log: silentLogger,
    }).plan('deploy', {})?.configHash;
    const hashes = [hash(), byOther, ...changes.map(hash)];
    expect(new Set(hashes).size).toBe(changes.length + 2);
  });

  test('a removed executor fails the request', async () => {
    const result = await executors().execute(approvedRequest('req_1', 'gone'), 1);
    expect(result).toMatchObject({ kind: 'failed', outcome: { code: 'executor_missing' } });
    expect(executors().repeatable('gone')).toBe(false);
    expect(executors({ idempotent: true }).repeatable('deploy')).toBe(true);
  });
});
