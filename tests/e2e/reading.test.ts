import type { Json } from '../../src/local/world.ts';
import { auditRowsOf, auditRowsOfType } from '../support/world-database.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByApi,
  askByPipeline,
  DEPLOYMENT,
  personToken,
  readRequest,
} from '../support/people-at-work.ts';
import type { Asked } from '../support/people-at-work.ts';

const NOBODYS = 'req_00000000000000000000000000';

let world: LocalWorld;
let pipelines: Asked & { waitToken: string };
let mias: Asked;
let data: Asked;

beforeAll(async () => {
  world = await startWorld();
  pipelines = await askByPipeline(world);
  mias = await askByApi(world, 'mia', DEPLOYMENT);
  data = await askByApi(world, 'mia', {
    workflow: 'database-access',
    fields: { database: 'ledger', ticket: 'PAY-17' },
  });
});
afterAll(async () => {
  await world?.stop();
});

const numbers = (body: Json) => (body['requests'] as Json[]).map(({ number }) => number);

describe('who may read a request', () => {
  // 1: the pipeline's deployment. 2: Mia's deployment. 3: Mia's request, decided by Payments alone.
  test.each([
    ['mia', [3, 2]],
    ['tomasz', []],
    ['amara', [3, 2, 1]],
    ['kenji', [2, 1]],
    ['olu', []],
    ['rafael', []],
    ['ingrid', []],
  ])('%s reads the requests %j alone, in the list and by id', async (personId, readable) => {
    const list = await api(world, '/v1/requests', { as: personId });
    expect(list.status).toBe(200);
    expect(numbers(list.body)).toEqual(readable);
    for (const { id, number } of [pipelines, mias, data]) {
      const may = (readable as number[]).includes(number);
      for (const path of [`/v1/requests/${id}`, `/v1/requests/${id}/wait?timeoutSeconds=0`]) {
        const { status, body } = await api(world, path, { as: personId });
        expect({ path, status }).toEqual({ path, status: may ? 200 : 404 });
        if (may) expect(body).toMatchObject({ id, number });
        else expect(body).toMatchObject({ code: 'request_not_found' });
      }
    }
  });

  test('lists to a pipeline its own requests alone, also when it names another requester', async () => {
    const token = await world.provider.workloadToken();
    expect(numbers((await api(world, '/v1/requests', { token })).body)).toEqual([1]);
    const { body } = await api(world, `/v1/requests/${mias.id}`, { as: 'mia' });
    const requester = encodeURIComponent((body['requester'] as { key: string }).key);
    const others = await api(world, `/v1/requests?requester=${requester}`, { token });
    expect(numbers(others.body)).toEqual([]);
    expect((await api(world, `/v1/requests/${mias.id}`, { token })).status).toBe(404);
  });

  test('an auditor reads every request and decides none', async () => {
    world.provider.setRoles('olu', ['auditor']);
    try {
      expect(numbers((await api(world, '/v1/requests', { as: 'olu' })).body)).toEqual([3, 2, 1]);
      const { digest } = await readRequest(world, mias.id, 'olu');
      const { status, body } = await api(world, `/v1/requests/${mias.id}/decisions`, {
        as: 'olu',
        body: { word: 'approve', stage: 'stage-1', revision: 1, digest },
      });
      expect({ status, code: body['code'] }).toEqual({ status: 403, code: 'role_missing' });
    } finally {
      world.provider.setRoles('olu', []);
    }
  });

  test('without the role the next token reads nothing', async () => {
    world.provider.setRoles('rafael', ['approver']);
    expect((await api(world, `/v1/requests/${mias.id}`, { as: 'rafael' })).status).toBe(200);
    world.provider.setRoles('rafael', []);
    expect((await api(world, `/v1/requests/${mias.id}`, { as: 'rafael' })).status).toBe(404);
  });

  test('answers word for word the same for a hidden request and one that does not exist', async () => {
    const hidden = await api(world, `/v1/requests/${mias.id}`, { as: 'olu' });
    const missing = await api(world, `/v1/requests/${NOBODYS}`, { as: 'olu' });
    expect(hidden.body).toEqual(missing.body);
    for (const [path, body] of [
      ['cancel', {}],
      ['decisions', { word: 'deny', stage: 'stage-1', revision: 1, digest: 'x' }],
      ['decisions', { word: 'deny', stage: 'stage-7', revision: 99, digest: 'x' }],
      [
        'decisions',
        { word: 'withdraw', stage: 'stage-1', after: 'dec_1', revision: 1, digest: 'x' },
      ],
    ] as const) {
      const one = await api(world, `/v1/requests/${mias.id}/${path}`, { as: 'olu', body });
      const none = await api(world, `/v1/requests/${NOBODYS}/${path}`, { as: 'olu', body });
      expect(one.status).toBe(404);
      expect(one.body).toEqual(none.body);
    }
    expect(await readRequest(world, mias.id)).toMatchObject({ state: 'pending', version: 1 });
    const refused = (await auditRowsOf(world, mias.id))
      .filter(({ type }) => type === 'decision.refused')
      .map(({ data: { command, word } }) => command ?? word);
    expect(refused.slice(-4)).toEqual(['cancel', 'deny', 'deny', 'withdraw']);
  });

  test.each([
    ['GET', '/v1/requests'],
    ['GET', '/v1/requests/:id'],
    ['GET', '/v1/requests/:id/wait'],
    ['GET', '/v1/workflows'],
    ['POST', '/v1/requests'],
    ['POST', '/v1/requests/:id/decisions'],
    ['POST', '/v1/requests/:id/cancel'],
  ])('%s %s: rejects a call without a token, and with an invalid one', async (method, path) => {
    const at = path.replace(':id', pipelines.id);
    const sent = method === 'POST' ? { body: {} } : {};
    const none = await api(world, at, sent);
    expect(none.status).toBe(401);
    expect(none.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
    const good = await personToken(world, 'amara');
    const bad = `${good.slice(0, -8)}AAAAAAAA`;
    expect(await api(world, at, { ...sent, token: bad })).toMatchObject({ status: 401 });
    const stale = await world.provider.personToken({
      personId: 'amara',
      audience: 'api',
      overrides: { aud: 'api://another' },
    });
    expect(await api(world, at, { ...sent, token: stale })).toMatchObject({
      status: 401,
      body: { code: 'token_audience' },
    });
  });

  test('lists a workflow to people who may request it', async () => {
    const listed = async (options: { as?: string; token?: string }) => {
      const { body } = await api(world, '/v1/workflows', options);
      return (body['workflows'] as Json[]).map(({ id }) => id);
    };
    expect(await listed({ as: 'mia' })).toEqual([
      'database-access',
      'deploy-production',
      'payment-release',
    ]);
    expect(await listed({ as: 'amara' })).toEqual([]);
    expect(await listed({ token: await world.provider.workloadToken() })).toEqual([
      'deploy-production',
    ]);
  });
});

describe('the wait token', () => {
  const wait = (id: string, token: string) =>
    api(world, `/v1/requests/${id}/wait?timeoutSeconds=0`, { token });

  test('reads its own request, and is equal for every repeat of the submission', async () => {
    expect(await wait(pipelines.id, pipelines.waitToken)).toMatchObject({
      status: 200,
      body: { id: pipelines.id, state: 'pending' },
    });
  });

  test('reads no other request, existing or not', async () => {
    const other = await wait(mias.id, pipelines.waitToken);
    const none = await wait(NOBODYS, pipelines.waitToken);
    expect(other.status).toBe(401);
    expect(other.body).toEqual(none.body);
    const forged = `${pipelines.waitToken.slice(0, -2)}xx`;
    expect((await wait(pipelines.id, forged)).status).toBe(401);
  });

  test('reads only: it does not decide, cancel, list or submit', async () => {
    const token = pipelines.waitToken;
    const { digest } = await readRequest(world, pipelines.id);
    for (const [path, body] of [
      ['/v1/requests', undefined],
      ['/v1/requests', DEPLOYMENT],
      [`/v1/requests/${pipelines.id}/cancel`, {}],
      [
        `/v1/requests/${pipelines.id}/decisions`,
        { word: 'approve', stage: 'stage-1', revision: 1, digest },
      ],
    ] as const) {
      expect((await api(world, path, { token, body })).status).toBe(401);
    }
    expect(await readRequest(world, pipelines.id)).toMatchObject({ state: 'pending', version: 1 });
  });
});

describe('a repeated submission', () => {
  const ask = (token: string, key: string | undefined, change: Json = {}) =>
    api(world, '/v1/requests', {
      token,
      body: { ...DEPLOYMENT, ...change },
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
  const ofPipeline = async () =>
    numbers(
      (
        await api(world, '/v1/requests', {
          token: await world.provider.workloadToken(),
        })
      ).body,
    ).length;

  test('with the same key gets the first request and the same wait token', async () => {
    const first = await ask(await world.provider.workloadToken(), 'build-7');
    expect(first.status).toBe(201);
    const again = await ask(await world.provider.workloadToken(), 'build-7');
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
  });

  test('with the same key and other content is rejected', async () => {
    const before = await ofPipeline();
    const other = await ask(await world.provider.workloadToken(), 'build-7', { reason: 'Else' });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
    expect(await ofPipeline()).toBe(before);
  });

  test('with the same token and a new key or none is rejected', async () => {
    const token = await world.provider.workloadToken();
    const first = await ask(token, 'build-8');
    expect(first.status).toBe(201);
    for (const key of ['build-9', undefined]) {
      expect(await ask(token, key)).toMatchObject({
        status: 409,
        body: { code: 'token_replayed' },
      });
    }
    const same = await ask(token, 'build-8');
    expect(same).toMatchObject({ status: 200, body: { id: first.body['id'] } });
  });

  test('twenty times at once with one key creates one request', async () => {
    const before = await ofPipeline();
    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => world.provider.workloadToken()),
    );
    const answers = await Promise.all(tokens.map((token) => ask(token, 'build-10')));
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    expect(await ofPipeline()).toBe(before + 1);
  });

  test('twenty times at once with one token and twenty keys creates one request', async () => {
    const before = await ofPipeline();
    const token = await world.provider.workloadToken();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => ask(token, `parallel-${at}`)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
    expect(await ofPipeline()).toBe(before + 1);
  });

  test('with a key of another principal creates a request of its own', async () => {
    const mine = await api(world, '/v1/requests', {
      as: 'mia',
      body: DEPLOYMENT,
      headers: { 'idempotency-key': 'build-7' },
    });
    expect(mine.status).toBe(201);
    expect(mine.body['requester']).toMatchObject({ name: 'Mia Lindqvist' });
  });

  test('by a person without the right is refused by name and recorded', async () => {
    const { status, body } = await api(world, '/v1/requests', { as: 'olu', body: DEPLOYMENT });
    expect({ status, code: body['code'] }).toEqual({ status: 403, code: 'requester_not_allowed' });
    const rows = await auditRowsOfType(world, 'submission.refused');
    expect(rows.at(-1)?.data).toMatchObject({
      code: 'requester_not_allowed',
      workflow: 'deploy-production',
      roles: [],
      token: { tokenId: expect.any(String) },
    });
  });
});
