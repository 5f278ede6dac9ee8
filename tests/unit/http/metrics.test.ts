import { createRequire } from 'node:module';
import { get, startServer } from './support.ts';
import type { Harness } from './support.ts';

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly { readonly value: string; readonly labels?: object }[];
}

// A parser of others: it has no types.
const parsed = createRequire(import.meta.url)('parse-prometheus-text-format') as {
  readonly default?: (text: string) => readonly Family[];
};
const parse = parsed.default ?? (parsed as unknown as (text: string) => readonly Family[]);

let server: Harness;
beforeAll(async () => {
  const gauges = {
    countersign_jobs_waiting: 3,
    countersign_jobs_dead: 0,
    countersign_teams_calls_waiting: 1,
    countersign_teams_longest_wait_seconds: 0.25,
  };
  server = await startServer({ gauges: () => Promise.resolve(gauges) });
});
afterAll(() => server.stop());

test('a parser of others reads every metric, with its help, type and labels', async () => {
  await get(`${server.url}/v1/requests`);
  await get(`${server.url}/v1/requests`, 'stale');
  await fetch(`${server.url}/nothing`);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const families = parse(text);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(families.flatMap(({ metrics }) => metrics)).toHaveLength(samples.length);
  for (const { name, help, type, metrics } of families) {
    expect([name, help, help.endsWith('.')]).toEqual([name, expect.not.stringMatching(/_/), true]);
    expect([name, type]).toEqual([name, name.endsWith('_total') ? 'COUNTER' : 'GAUGE']);
    for (const { value } of metrics) expect(Number(value)).toBeGreaterThanOrEqual(0);
  }
  expect(families.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'countersign_http_requests_total',
      'countersign_http_seconds_total',
      'countersign_http_problems_total',
      'countersign_jobs_dead',
      'countersign_teams_longest_wait_seconds',
    ]),
  );
  const requests = families.find(({ name }) => name === 'countersign_http_requests_total');
  expect(requests?.metrics).toContainEqual({
    value: '1',
    labels: { method: 'GET', route: '/v1/requests', status: '200' },
  });
});

test('that parser refuses what is no metric', () => {
  expect(() => parse('countersign_jobs{dead 1\n')).toThrow();
});
