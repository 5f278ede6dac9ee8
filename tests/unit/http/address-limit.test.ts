import { startServer } from './support.ts';
import type { Harness } from './support.ts';
import { LIMITS_OF_TESTS } from '../../support/builders.ts';

let server: Harness | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function behind(trustProxy: number, address = 2): Promise<Harness> {
  const base = { publicUrl: 'https://approve.example', host: '127.0.0.1', port: 0, pages: {} };
  server = await startServer({
    config: {
      profile: 'local',
      server: { ...base, trustProxy },
      limits: { ...LIMITS_OF_TESTS, address },
    },
  });
  return server;
}

/** The statuses of calls in a row, each with this X-Forwarded-For. */
async function statuses({ url }: Harness, path: string, forwarded: readonly string[]) {
  const found: number[] = [];
  for (const entry of forwarded) {
    const headers = { 'x-forwarded-for': entry, authorization: 'Bearer nobody' };
    found.push((await fetch(`${url}${path}`, { headers })).status);
  }
  return found;
}

test('calls of one address are limited, those of another are not', async () => {
  const given = ['192.0.2.7', '192.0.2.7', '192.0.2.7', '192.0.2.8'];
  expect(await statuses(await behind(1), '/v1/workflows', given)).toEqual([401, 401, 429, 401]);
  const { url } = server ?? (await behind(1));
  const over = await fetch(`${url}/v1/workflows`, { headers: { 'x-forwarded-for': '192.0.2.7' } });
  expect(over.headers.get('retry-after')).toBe('30');
  expect(await over.json()).toMatchObject({ code: 'address_limited' });
});

test('entries that the client wrote itself do not make another address of it', async () => {
  const given = ['192.0.2.7', '198.51.100.1, 192.0.2.7', '198.51.100.2,192.0.2.7'];
  expect(await statuses(await behind(1), '/v1/workflows', given)).toEqual([401, 401, 429]);
});

test('with two proxies the entry before the last counts', async () => {
  const given = ['192.0.2.7, 10.0.0.1', '192.0.2.7, 10.0.0.2', '192.0.2.7, 10.0.0.3'];
  expect(await statuses(await behind(2), '/v1/workflows', given)).toEqual([401, 401, 429]);
});

test.each([
  ['a port', ['192.0.2.7:1', '192.0.2.7:2', '192.0.2.7']],
  ['IPv6 of one network', ['2001:db8::1', '2001:db8:0:0:9::2', '[2001:DB8::3]:443']],
  ['IPv4 in IPv6', ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.7']],
  ['no address, as the connection', ['unknown', '', 'x, y']],
])('%s is one address', async (_name, given) => {
  expect(await statuses(await behind(1), '/v1/workflows', given)).toEqual([401, 401, 429]);
});

test('activities and health are not limited by address', async () => {
  const given = ['192.0.2.7', '192.0.2.7', '192.0.2.7'];
  const at = await behind(1, 1);
  expect(await statuses(at, '/healthz', given)).toEqual([200, 200, 200]);
  const posts = await Promise.all(
    given.map((entry) =>
      fetch(`${at.url}/api/messages`, {
        method: 'POST',
        headers: { 'x-forwarded-for': entry, 'content-type': 'application/json' },
        body: '{}',
      }),
    ),
  );
  expect(posts.map(({ status }) => status)).toEqual([401, 401, 401]);
});

test('without trusted proxies nothing is limited by address', async () => {
  const given = ['192.0.2.7', '192.0.2.7', '192.0.2.7', '192.0.2.7'];
  expect(await statuses(await behind(0, 1), '/v1/workflows', given)).toEqual([401, 401, 401, 401]);
});
