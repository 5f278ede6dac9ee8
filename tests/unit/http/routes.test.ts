import { refuse } from '../../../src/domain/refusal.ts';
import { documentOfRoutes } from '../../support/declared-answers.ts';
import { decision, makeRequest, post, get, raw, startServer } from './support.ts';
import type { Harness } from './support.ts';

let server: Harness;

beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const problemOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({
    type: `urn:countersign:problem:${problem.code}`,
    status: response.status,
    title: expect.any(String),
    detail: expect.any(String),
  });
  return problem;
};

describe('POST /v1/requests', () => {
  const body = { workflow: 'deploy-production', fields: { service: 'checkout' }, reason: 'why' };

  test('answers 201 with Location, the request and a wait token', async () => {
    const response = await post(`${server.url}/v1/requests`, body, { 'idempotency-key': 'k-1' });
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe('https://approve.example/v1/requests/req_1');
    expect(await response.json()).toMatchObject({ id: 'req_1', waitToken: 'wait_req_1' });
    expect(server.app.submitted).toEqual([
      expect.objectContaining({
        workflow: 'deploy-production',
        fields: { service: 'checkout' },
        reason: 'why',
        idempotencyKey: 'k-1',
        teams: null,
        by: expect.objectContaining({ key: 'people:mia' }),
      }),
    ]);
  });

  test('answers a repeat with 200 and the same body', async () => {
    const first = await (await post(`${server.url}/v1/requests`, body)).text();
    server.app.submit = () => Promise.resolve({ kind: 'repeated', request: server.app.request });
    const repeat = await post(`${server.url}/v1/requests`, body);
    expect(repeat.status).toBe(200);
    expect(await repeat.text()).toBe(first);
  });

  test.each([
    [refuse('idempotency_mismatch'), 422, /^This Idempotency-Key was used/],
    [
      refuse('requester_not_allowed', { workflow: 'w', workload: null, roles: ['dev'], held: [] }),
      403,
      /role dev/,
    ],
    [refuse('field_missing', { label: 'Service' }, 'service'), 422, /^Service is required\.$/],
    [refuse('token_replayed', { proof: 'token' }), 409, /^This token was used already/],
  ])('answers the refusal %j with %d', async ({ refusal }, status, detail) => {
    server.app.submit = () => Promise.resolve({ kind: 'refused', refusal });
    const response = await post(`${server.url}/v1/requests`, body);
    expect(response.status).toBe(status);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ code: refusal.code, detail: expect.stringMatching(detail) });
    expect(problem['field']).toBe(refusal.field);
  });

  test.each([
    ['a space', 'a b'],
    ['nothing', ''],
    ['too long', 'x'.repeat(256)],
    ['no ASCII', 'ä'],
  ])('rejects an Idempotency-Key of %s', async (_name, key) => {
    const response = await post(`${server.url}/v1/requests`, body, { 'idempotency-key': key });
    expect([response.status, (await problemOf(response)).code]).toEqual([
      422,
      'idempotency_key_invalid',
    ]);
    expect(server.app.submitted).toEqual([]);
  });

  test.each([
    ['no object', []],
    ['no workflow', {}],
    ['a number for it', { workflow: 1 }],
    ['an unknown key', { ...body, admin: true }],
    ['a nested field', { ...body, fields: { a: {} } }],
  ])('rejects a body with %s', async (_name, wrong) => {
    const response = await post(`${server.url}/v1/requests`, wrong);
    expect([response.status, (await problemOf(response)).code]).toEqual([422, 'body_invalid']);
    expect(server.app.submitted).toEqual([]);
  });
});

describe('reading', () => {
  test('shows a request as docs/reference/http-api.md describes it', async () => {
    const response = await get(`${server.url}/v1/requests/req_1`);
    expect(await response.json()).toEqual({
      cards: [{ channel: 'approvals', state: 'posted', revision: 2 }],
      id: 'req_1',
      number: 17,
      workflow: 'deploy-production',
      workflowVersion: 'v',
      title: 'Deploy to production',
      state: 'pending',
      version: 2,
      requester: { key: 'people:mia', kind: 'person', name: 'mia' },
      beneficiary: { key: 'people:mia', kind: 'person', name: 'mia' },
      fields: { service: 'checkout', window: 'PT1H30M' },
      reason: 'because',
      stages: [
        {
          id: 'stage-1',
          name: 'Service owner',
          after: [],
          state: 'approved',
          seats: { filled: 1, of: 1 },
          decisions: [
            {
              id: 'dec_1',
              stage: 'stage-1',
              word: 'approve',
              nth: 1,
              role: 'approver',
              via: 'teams',
              reason: null,
              approver: { key: 'people:amara', kind: 'person', name: 'amara' },
              at: '2026-11-22T09:00:01.000Z',
              roleAsOf: '2026-11-22T09:00:00.000Z',
              recheck: null,
              stale: false,
            },
          ],
        },
        {
          id: 'stage-2',
          name: 'Security',
          after: ['stage-1'],
          state: 'open',
          seats: { filled: 0, of: 1 },
          decisions: [],
        },
      ],
      execution: {
        executor: 'deploy-webhook',
        kind: 'webhook',
        target: 't',
        configHash: 'h',
        duration: null,
      },
      digest: 'digest-1',
      salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
      createdAt: '2026-11-22T09:00:00.000Z',
      updatedAt: '2026-11-22T09:00:01.000Z',
      expiresAt: '2026-11-23T09:00:00.000Z',
      outcome: null,
      url: 'https://approve.example/v1/requests/req_1',
    });
  });

  test('answers the same 404 for a missing request and for one of somebody else', async () => {
    const missing = await get(`${server.url}/v1/requests/req_2`);
    const foreign = await get(`${server.url}/v1/requests/req_1`, 'olu');
    expect([missing.status, foreign.status]).toEqual([404, 404]);
    expect(await missing.text()).toBe(await foreign.text());
  });

  test('passes the parameters of the list on', async () => {
    const query = 'state=pending&state=applied&workflow=w&requester=me&cursor=20&limit=5';
    const response = await get(`${server.url}/v1/requests?${query}`);
    expect(await response.json()).toMatchObject({ requests: [{ id: 'req_1' }], cursor: '16' });
    expect(server.app.listed).toEqual([
      {
        by: expect.objectContaining({ name: 'mia' }),
        states: ['pending', 'applied'],
        workflow: 'w',
        requester: 'people:mia',
        cursor: '20',
        limit: 5,
      },
    ]);
  });

  test.each([
    'limit=0',
    'limit=101',
    'limit=5&limit=6',
    'limit=1e1',
    'state=open',
    'cursor=abc',
    'sort=up',
    'workflow=',
    'workflow=%00',
  ])('rejects the list query ?%s', async (query) => {
    const response = await get(`${server.url}/v1/requests?${query}`);
    expect([response.status, (await problemOf(response)).code]).toEqual([400, 'query_invalid']);
  });

  test('lists workflows with their fields', async () => {
    const response = await get(`${server.url}/v1/workflows`);
    expect(await response.json()).toMatchObject({
      workflows: [
        {
          id: 'deploy-production',
          expire: 'P1D',
          fields: [{ id: 'window', max: 'PT8H' }],
        },
      ],
    });
  });
});

describe('waiting', () => {
  const wait = (token: string, query = 'timeoutSeconds=0', id = 'req_1') =>
    get(`${server.url}/v1/requests/${id}/wait?${query}`, token);

  test('accepts a bearer token and the wait token of the request', async () => {
    for (const token of ['mia', 'wait_req_1']) {
      const response = await wait(token);
      expect([response.status, await response.json()]).toEqual([
        200,
        expect.objectContaining({ state: 'pending' }),
      ]);
    }
  });

  test('an invented wait token causes no look-up', async () => {
    server.app.loadForCard = () => Promise.reject(new Error('nobody asks the store'));
    const url = `${server.url}/v1/requests/req_1/wait`;
    expect((await get(url, 'wait_req_2')).status).toBe(401);
    expect(server.errors).toEqual([]);
  });

  test('a wait token works for its own request and for waiting only', async () => {
    const other = await wait('wait_req_2');
    expect([other.status, (await problemOf(other)).code]).toEqual([401, 'token_expired']);
    const reading = await get(`${server.url}/v1/requests/req_1`, 'wait_req_1');
    expect(reading.status).toBe(401);
  });

  test('answers 404 to a caller who may not read the request', async () => {
    expect((await wait('olu')).status).toBe(404);
    expect((await wait('mia', 'timeoutSeconds=0', 'req_9')).status).toBe(404);
  });

  test.each(['timeoutSeconds=61', 'timeoutSeconds=-1', 'timeout=1'])(
    'refuses ?%s',
    async (query) => {
      expect((await wait('mia', query)).status).toBe(400);
    },
  );

  test('a stop ends long polls with the current request', async () => {
    const started = performance.now();
    const answer = wait('wait_req_1', 'timeoutSeconds=60');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.stop();
    expect((await answer).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('answers 503 with Retry-After over the limit of waits', async () => {
    const small = await startServer({ limits: { waits: 1 } });
    const url = `${small.url}/v1/requests/req_1/wait?timeoutSeconds=60`;
    const first = get(url);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const second = await get(url);
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '5']);
    await small.stop();
    expect((await first).status).toBe(200);
  });

  test('ends the wait of a client that disconnects', async () => {
    let ended = false;
    server.app.waitRequest = ({ signal }) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => {
          ended = true;
          resolve(makeRequest());
        });
      });
    const controller = new AbortController();
    const pending = fetch(`${server.url}/v1/requests/req_1/wait`, {
      headers: { authorization: 'Bearer mia' },
      signal: controller.signal,
    }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    controller.abort();
    await pending;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ended).toBe(true);
  });
});

describe('deciding', () => {
  const body = { word: 'approve', stage: 'stage-2', revision: 2, digest: 'digest-1' };
  const decide = (change: object = {}, person = 'amara') =>
    post(
      `${server.url}/v1/requests/req_1/decisions`,
      { ...body, ...change },
      { authorization: `Bearer ${person}` },
    );

  test('passes the decision on with evidence of the API', async () => {
    const response = await decide({ reason: 'fine', after: 'dec_0' });
    expect(await response.json()).toMatchObject({
      request: { id: 'req_1' },
      decision: { id: 'dec_1', stage: 'stage-1', word: 'approve', nth: 1 },
      counted: true,
    });
    expect(server.app.decided).toEqual([
      expect.objectContaining({
        id: 'req_1',
        word: 'approve',
        stage: 'stage-2',
        after: 'dec_0',
        reason: 'fine',
        digest: 'digest-1',
        revision: 2,
        teams: null,
        origin: {
          via: 'api',
          tenant: 'tid',
          objectId: 'oid-amara',
          activityId: null,
          conversationId: null,
          exchangeId: null,
        },
      }),
    ]);
  });

  test('a body without `after` names no earlier word', async () => {
    await decide();
    expect(server.app.decided).toEqual([expect.objectContaining({ after: null, reason: null })]);
  });

  test('a word that changes nothing answers 200 with the word that stands', async () => {
    server.app.decide = () =>
      Promise.resolve({
        kind: 'uncounted',
        request: server.app.request,
        decision: decision({ word: 'withdraw', nth: 2 }),
      });
    const response = await decide();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      request: { id: 'req_1', state: 'pending' },
      decision: { word: 'withdraw', nth: 2 },
      counted: false,
    });
  });

  test.each([
    [refuse('stage_unknown'), 422],
    [refuse('stage_waiting', { stage: 'Owner' }), 409],
    [refuse('stage_closed', { stage: 'Owner', status: 'approved' }), 409],
    [refuse('revision_unknown', { revision: '9' }), 409],
    [refuse('nothing_to_withdraw'), 409],
    [refuse('digest_mismatch'), 409],
    [refuse('role_missing', { stage: 'Owner', roles: [], held: [] }), 403],
  ] as const)('%j answers %i', async ({ refusal }, status) => {
    server.app.decide = () =>
      Promise.resolve({ kind: 'refused', refusal, request: server.app.request });
    const response = await decide();
    expect([response.status, (await problemOf(response)).code]).toEqual([status, refusal.code]);
  });

  test.each([
    [{ word: 'maybe' }],
    [{ word: undefined }],
    [{ decision: 'approve' }],
    [{ after: '' }],
    [{ after: 1 }],
    [{ stage: '' }],
    [{ stage: 0 }],
    [{ revision: 0 }],
    [{ revision: 1.5 }],
    [{ digest: 7 }],
    [{ stage: null }],
  ])('rejects a body with %j', async (change) => {
    expect((await decide(change)).status).toBe(422);
  });

  test('answers 404 where the request is not for the caller to see', async () => {
    server.app.decide = () =>
      Promise.resolve({ kind: 'refused', ...refuse('request_not_found'), request: undefined });
    const response = await decide({}, 'olu');
    expect([response.status, (await problemOf(response)).code]).toEqual([404, 'request_not_found']);
  });

  test('cancel accepts no body or an empty object', async () => {
    const url = `${server.url}/v1/requests/req_1/cancel`;
    const empty = await fetch(url, { method: 'POST', headers: { authorization: 'Bearer mia' } });
    expect(await empty.json()).toMatchObject({ state: 'cancelled' });
    expect((await post(url, {})).status).toBe(200);
    expect((await post(url, { force: true })).status).toBe(422);
    expect((await post(url, {}, { authorization: 'Bearer olu' })).status).toBe(404);
  });
});

describe('tokens', () => {
  test.each([undefined, 'Basic bWlhOg==', 'Bearer', 'Bearer a b', 'bearer'])(
    'rejects the Authorization header %j',
    async (authorization) => {
      const response = await fetch(`${server.url}/v1/workflows`, {
        headers: authorization === undefined ? {} : { authorization },
      });
      expect([response.status, (await problemOf(response)).code]).toEqual([401, 'token_missing']);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="countersign"');
    },
  );

  test('names the reason of a refused token in WWW-Authenticate (RFC 6750)', async () => {
    const response = await get(`${server.url}/v1/workflows`, 'stale');
    expect([response.status, (await problemOf(response)).code]).toEqual([401, 'token_expired']);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="countersign", error="invalid_token", ' +
        'error_description="The token has expired."',
    );
  });
});

describe('errors', () => {
  test('an unknown error answers 500 and reveals nothing', async () => {
    server.app.readRequestWithCards = () =>
      Promise.reject(new Error('SELECT password FROM secrets'));
    const response = await get(`${server.url}/v1/requests/req_1`);
    const text = await response.text();
    expect([response.status, JSON.parse(text).code]).toEqual([500, 'internal_error']);
    expect(text).not.toContain('SELECT');
    expect(server.errors).toEqual([expect.objectContaining({ route: '/v1/requests/:id' })]);
  });

  test('a busy store answers 503 with Retry-After', async () => {
    server.app.readRequestWithCards = () =>
      Promise.reject(Object.assign(new Error('queue is full'), { code: 'store_busy' }));
    const response = await get(`${server.url}/v1/requests/req_1`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await problemOf(response)).code).toBe('store_busy');
    expect(server.errors).toEqual([]);
  });
});

describe('the service itself', () => {
  test('every answer has the security headers and no banner', async () => {
    for (const path of ['/healthz', '/v1/workflows', '/nowhere', '/assets/known.js']) {
      const { headers } = await get(server.url + path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toMatch(/max-age/);
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/);
      expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
    }
  });

  test('health, readiness, keys, metrics and pages answer', async () => {
    expect(await (await get(`${server.url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await get(`${server.url}/readyz`)).json()).toEqual({
      ok: true,
      checks: { store: 'ok' },
    });
    expect(await (await get(`${server.url}/.well-known/jwks.json`)).json()).toEqual({ keys: [] });
    expect((await get(`${server.url}/auth/start?l=x`)).status).toBe(200);
    const start = await fetch(`${server.url}/auth/start?l=x`, {
      method: 'POST',
      redirect: 'manual',
    });
    expect([start.status, start.headers.get('location'), start.headers.get('set-cookie')]).toEqual([
      303,
      'https://id.example/',
      'a=b',
    ]);
    expect((await get(`${server.url}/auth/callback`)).headers.get('content-type')).toBe(
      'text/html; charset=utf-8',
    );
    expect((await get(`${server.url}/assets/other.js`)).status).toBe(404);
  });

  test('is not ready when the store fails', async () => {
    const sick = await startServer({
      ready: () => Promise.resolve({ ok: false, checks: { store: 'db7.internal refused' } }),
    });
    const response = await get(`${sick.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ok: false, checks: { store: 'failed' } });
    await sick.stop();
  });

  test('reads the store for unauthenticated routes at most once a second', async () => {
    let [nowMs, ready, gauges] = [0, 0, 0];
    const asked = await startServer({
      clock: { now: () => nowMs },
      ready: () => Promise.resolve({ ok: (ready += 1) > 1, checks: {} }),
      gauges: () => Promise.resolve({ countersign_jobs_waiting: (gauges += 1) }),
    });
    const storm = () =>
      Promise.all(
        ['/readyz', '/metrics'].flatMap((path) =>
          Array.from({ length: 20 }, () => get(asked.url + path)),
        ),
      );
    await storm();
    expect([ready, gauges]).toEqual([1, 1]);
    nowMs = 1_000;
    expect((await storm())[0]?.status).toBe(200);
    expect([ready, gauges]).toEqual([2, 2]);
    await asked.stop();
  });

  test('metrics count routes, problems and noise', async () => {
    await get(`${server.url}/healthz`);
    await get(`${server.url}/v1/workflows`, 'stale');
    const text = await (await get(`${server.url}/metrics`)).text();
    expect(text).toContain(
      'countersign_http_requests_total{method="GET",route="/healthz",status="200"} 1',
    );
    expect(text).toContain('countersign_http_problems_total{code="token_expired"} 1');
    expect(text).not.toContain('mia');
  });

  test('answers 404 for unknown paths and 405 with Allow for other methods', async () => {
    const missing = await get(`${server.url}/admin`);
    expect([missing.status, (await problemOf(missing)).code]).toEqual([404, 'route_not_found']);
    const method = await get(`${server.url}/api/messages`);
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'POST']);
    const del = await fetch(`${server.url}/v1/requests/req_1`, { method: 'DELETE' });
    expect([del.status, (await problemOf(del)).code]).toEqual([405, 'method_not_allowed']);
  });

  test('passes activities on with the unchanged Authorization header', async () => {
    const url = `${server.url}/api/messages`;
    const good = await post(url, { type: 'message' }, { authorization: 'Bearer teams' });
    expect([good.status, await good.json()]).toEqual([200, { done: true }]);
    const bad = await post(url, { type: 'message' });
    expect([bad.status, (await problemOf(bad)).code]).toEqual([401, 'activity_refused']);
    expect(await (await get(`${server.url}/metrics`)).text()).toContain(
      'countersign_http_problems_total{code="activity_refused"} 1',
    );
    expect(server.bodies).toEqual([{ type: 'message' }, { type: 'message' }]);
  });
});

test.each([
  ['/', 'home'],
  ['/privacy', 'privacy'],
  ['/terms', 'terms'],
])('%s answers with the page of that name', async (path, name) => {
  const answer = await fetch(`${server.url}${path}`);
  expect([answer.status, await answer.text()]).toEqual([200, name]);
});

describe('HEAD', () => {
  const targets = documentOfRoutes().paths;
  const readable = Object.entries(targets).flatMap(([path, operations]) =>
    'get' in operations
      ? [
          path
            .replace('{id}', 'req_1')
            .replace('{name}', 'known.js')
            .replace(/inclusion$/, 'inclusion?index=0&size=1')
            .replace(/consistency$/, 'consistency?from=1&to=1'),
        ]
      : [],
  );

  test.each(readable)('%s answers as GET does, without the body', async (path) => {
    const target = path.endsWith('/wait') ? `${path}?timeoutSeconds=0` : path;
    const ask = (method: string) =>
      raw(server.port, [
        `${method} ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer mia\r\n` +
          'Connection: close\r\n\r\n',
      ]);
    const [got, headed] = [await ask('GET'), await ask('HEAD')];
    const stable = (answer: string) =>
      answer
        .slice(0, answer.indexOf('\r\n\r\n'))
        .replace(/\r\n(?:date|content-length): [^\r]*/gi, '');
    expect(got).toMatch(/^HTTP\/1.1 200 [^]*\r\n\r\n[^]/);
    expect(stable(headed)).toBe(stable(got));
    expect(headed).toMatch(/content-length: [1-9]/i);
    expect(headed.slice(headed.indexOf('\r\n\r\n'))).toBe('\r\n\r\n');
  });

  test('is refused where there is no GET, and answers 404 where there is nothing', async () => {
    const refused = await fetch(`${server.url}/v1/people/erase`, { method: 'HEAD' });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${server.url}/nothing`, { method: 'HEAD' })).status).toBe(404);
    const posted = await fetch(`${server.url}/healthz`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
