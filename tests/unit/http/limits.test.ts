import { refuse } from '../../../src/domain/refusal.ts';
import { get, limiterOf, post, startServer } from './support.ts';
import type { Harness } from './support.ts';

let server: Harness;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const wait = (token: string, seconds: number) =>
  get(`${server.url}/v1/requests/req_1/wait?timeoutSeconds=${seconds}`, token);

test('a list over its limit is answered with 429, and says when to come again', async () => {
  server.app.limiter = limiterOf({ lists: { principal: 1, issuer: 10 } });
  expect((await get(`${server.url}/v1/requests`)).status).toBe(200);
  const over = await get(`${server.url}/v1/requests`);
  expect([over.status, over.headers.get('retry-after')]).toEqual([429, '60']);
  expect(await over.json()).toMatchObject({
    code: 'rate_limited',
    detail: 'Too many lists are read in your name: try again in 1 min.',
  });
  expect((await get(`${server.url}/v1/requests`, 'amara')).status).toBe(200);
});

test('a submission over its limit is answered with 429', async () => {
  const params = { limit: 'submissions', of: 'issuer', retryAfterMs: 1_500 } as const;
  server.app.submit = async () => ({ kind: 'refused', ...refuse('rate_limited', params) });
  const over = await post(`${server.url}/v1/requests`, { workflow: 'deploy-production' });
  expect([over.status, over.headers.get('retry-after')]).toEqual([429, '2']);
});
test('one wait token takes its own places only, and frees them again', async () => {
  server.app.limiter = limiterOf({ waits: { request: 2, principal: 5, issuer: 5 } });
  const first = [wait('wait_req_1', 60), wait('wait_req_1', 60)];
  await new Promise((resolve) => setTimeout(resolve, 100));
  const third = await wait('wait_req_1', 60);
  expect([third.status, third.headers.get('retry-after')]).toEqual([429, '5']);
  expect(await third.json()).toMatchObject({ code: 'rate_limited' });
  expect((await wait('mia', 0)).status).toBe(200);
  await server.stop();
  expect(await Promise.all(first.map(async (one) => (await one).status))).toEqual([200, 200]);
});

test('a wait that has ended frees its place', async () => {
  server.app.limiter = limiterOf({ waits: { request: 1, principal: 1, issuer: 1 } });
  for (let at = 0; at < 3; at += 1) {
    expect((await wait('wait_req_1', 0)).status).toBe(200);
  }
  expect((await wait('mia', 0)).status).toBe(200);
});
