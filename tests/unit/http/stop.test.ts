import { makeRequest, get, startServer } from './support.ts';
import { sleep } from '../../../src/lib/loop.ts';

const settle = (promise: Promise<Response>) =>
  promise.then(
    ({ status }) => status,
    () => 'closed' as const,
  );

test('a stop finishes requests in flight and accepts no new ones', async () => {
  const server = await startServer();
  const begun = Promise.withResolvers<undefined>();
  server.app.readRequestWithCards = async () => {
    begun.resolve(undefined);
    await sleep(400);
    return { request: makeRequest(), cards: [] };
  };
  const answer = fetch(`${server.url}/v1/requests/req_1`, {
    headers: { authorization: 'Bearer mia' },
  });
  await begun.promise;
  const stopped = server.stop();
  expect(await settle(fetch(`${server.url}/healthz`))).toBe('closed');
  const response = await answer;
  expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
  await stopped;
});

test('a stop waits for a bounded time', async () => {
  const server = await startServer({ limits: { stopGraceMs: 200 } });
  const begun = Promise.withResolvers<undefined>();
  const never = Promise.withResolvers<undefined>();
  server.app.readRequestWithCards = () => {
    begun.resolve(undefined);
    return never.promise;
  };
  const answer = settle(get(`${server.url}/v1/requests/req_1`));
  await begun.promise;
  const started = performance.now();
  await server.stop();
  expect(performance.now() - started).toBeLessThan(3_000);
  expect(await answer).toBe('closed');
  never.resolve(undefined);
});

test('a stop closes idle connections at once', async () => {
  const server = await startServer();
  await get(`${server.url}/healthz`);
  const started = performance.now();
  await server.stop();
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('start rejects with EADDRINUSE when the port is taken', async () => {
  const server = await startServer();
  const config = {
    profile: 'local' as const,
    server: { publicUrl: 'http://x.example', host: '127.0.0.1', port: server.port },
  };
  await expect(startServer({ config })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await server.stop();
});
