import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { callApi } from '../../../src/cli/api-client.ts';
import { outcomeOf } from '../../../src/domain/outcome.ts';
import { refuse } from '../../../src/domain/refusal.ts';
import type { RequestState } from '../../../src/domain/request/state.ts';
import { makeRequest, startServer } from '../http/support.ts';
import type { Harness } from '../http/support.ts';
import { cli, folder } from './support.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

let server: Harness;
let env: Record<string, string>;
let cancelled: string[];

beforeEach(async () => {
  server = await startServer();
  cancelled = [];
  const { cancelRequest } = server.app;
  server.app.cancelRequest = (input) => {
    cancelled.push(`${input.id} by ${input.by.name}`);
    return cancelRequest(input);
  };
  env = { COUNTERSIGN_URL: `${server.url}/`, COUNTERSIGN_TOKEN: 'mia\n' };
});
afterEach(() => server.stop());

const ask = ['request', 'deploy-production', '-f', 'service=checkout', '-f', 'note=a=b'];

describe('countersign request', () => {
  test('sends fields, reason and a new Idempotency-Key', async () => {
    const ran = await cli([...ask, '--reason', 'now'], { env });
    expect(ran).toEqual({
      code: 0,
      err: '',
      out: 'Asked: request 17, https://approve.example/v1/requests/req_1\n',
    });
    expect(server.app.submitted).toEqual([
      expect.objectContaining({
        workflow: 'deploy-production',
        fields: { service: 'checkout', note: 'a=b' },
        reason: 'now',
        idempotencyKey: expect.stringMatching(/^[\w-]{32}$/),
      }),
    ]);
  });

  test('--json prints the answer and nothing else', async () => {
    const { out } = await cli([...ask, '--json', '--key', 'build-9'], { env });
    expect(JSON.parse(out)).toMatchObject({ id: 'req_1', waitToken: 'wait_req_1' });
    expect(server.app.submitted[0]?.idempotencyKey).toBe('build-9');
  });

  test.each([
    ['applied', 0],
    ['denied', 3],
    ['expired', 4],
    ['cancelled', 4],
    ['failed', 5],
    ['unknown', 5],
  ] as const)('--wait until %s exits with %d', async (state: RequestState, code) => {
    server.app.request = makeRequest({
      state,
      outcome: outcomeOf('denied', { by: 'Owen\u001b[31m' }, { at: 0 }),
    });
    const ran = await cli([...ask, '--wait'], { env });
    expect(ran.code).toBe(code);
    expect(ran.out).toContain(`Request 17 is ${state}: Owen`);
    expect(ran.out).not.toContain('\u001b');
  });

  test('--wait polls with the wait token, not with the own token', async () => {
    const tokens: string[] = [];
    server.app.acceptsWaitToken = (token) => tokens.push(token) > 0;
    const wait = server.app.waitRequest;
    let polls = 0;
    server.app.waitRequest = async (input) => {
      polls += 1;
      if (polls === 3) server.app.request = makeRequest({ state: 'applied' });
      return wait({ ...input, timeoutMs: 10 });
    };
    const ran = await cli([...ask, '--wait', '--json'], { env });
    expect([ran.code, JSON.parse(ran.out)]).toEqual([
      0,
      expect.objectContaining({
        state: 'applied',
      }),
    ]);
    expect(tokens).toEqual(['wait_req_1', 'wait_req_1', 'wait_req_1']);
  });

  test('--timeout exits with 1 and takes the request back', async () => {
    const ran = await cli([...ask, '--wait', '--timeout', '1s', '--json'], { env });
    expect([ran.code, ran.err]).toEqual([1, 'The time is up.\nThe request was taken back.\n']);
    expect(JSON.parse(ran.out)).toMatchObject({ state: 'cancelled' });
    expect(cancelled).toEqual(['req_1 by mia']);
  });

  test('--timeout with --keep exits with 1 and leaves the request open', async () => {
    const ran = await cli([...ask, '--wait', '--timeout', '1s', '--keep'], { env });
    expect([ran.code, ran.err]).toEqual([1, 'The time is up; the request goes on.\n']);
    expect(cancelled).toEqual([]);
  });

  test('a stop during the wait takes the request back', async () => {
    const stop = new AbortController();
    const wait = server.app.waitRequest;
    server.app.waitRequest = (input) => {
      stop.abort('SIGINT');
      return wait(input);
    };
    const ran = await cli([...ask, '--wait'], { env, signal: stop.signal });
    expect([ran.code, ran.err]).toEqual([1, 'The request was taken back.\n']);
    expect(ran.out).toContain('Request 17 is cancelled');
    expect(cancelled).toEqual(['req_1 by mia']);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s to the process takes the request back',
    async (signal) => {
      const wait = server.app.waitRequest;
      const child = spawn(process.execPath, [MAIN, ...ask, '--wait'], {
        env: { PATH: process.env['PATH'], ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      server.app.waitRequest = (input) => {
        child.kill(signal);
        return wait(input);
      };
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => {
        errors += String(chunk);
      });
      expect(await once(child, 'close')).toEqual([1, null]);
      expect([errors, cancelled]).toEqual(['The request was taken back.\n', ['req_1 by mia']]);
    },
  );

  test('a stop before the answer takes back what was made, by the same key', async () => {
    const stop = new AbortController();
    server.app.submit = () => {
      stop.abort('SIGTERM');
      return Promise.resolve({ kind: 'repeated', request: server.app.request });
    };
    const ran = await cli(ask, { env, signal: stop.signal });
    expect([ran.code, ran.out, ran.err]).toEqual([1, '', 'The request was taken back.\n']);
    const keys = server.app.submitted.map(({ idempotencyKey }) => idempotencyKey);
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
    expect(cancelled).toEqual(['req_1 by mia']);
  });

  test('a stop after the end reports the end', async () => {
    const stop = new AbortController();
    const wait = server.app.waitRequest;
    server.app.waitRequest = (input) => {
      if (!stop.signal.aborted) stop.abort('SIGINT');
      else server.app.request = makeRequest({ state: 'denied' });
      return wait(input);
    };
    server.app.cancelRequest = () =>
      Promise.resolve({
        kind: 'refused',
        request: server.app.request,
        ...refuse('request_closed', { number: 17, state: 'denied' }),
      });
    const ran = await cli([...ask, '--wait', '--json'], { env, signal: stop.signal });
    expect([ran.code, JSON.parse(ran.out)]).toEqual([
      3,
      expect.objectContaining({ state: 'denied' }),
    ]);
    expect(ran.err).toMatch(/^The request was not taken back: .*\[request_closed\]\n$/);
  });

  test('prints a refusal with its code and exits with 1', async () => {
    server.app.submit = () =>
      Promise.resolve({
        kind: 'refused',
        ...refuse('field_missing', { label: 'Version' }),
      });
    expect(await cli(ask, { env })).toEqual({
      code: 1,
      out: '',
      err: 'Version is required. [field_missing]\n',
    });
    const json = await cli([...ask, '--json'], { env });
    expect(JSON.parse(json.out)).toMatchObject({ code: 'field_missing', status: 422 });
  });

  test('retries a failing service with the same Idempotency-Key', async () => {
    let failures = 2;
    const submit = server.app.submit;
    server.app.submit = (input) => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new Error('down')) : submit(input);
    };
    expect((await cli(ask, { env })).code).toBe(0);
    const keys = server.app.submitted.map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  test('an abort signal ends the retries', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const started = performance.now();
    const ran = await cli(ask, {
      env: { ...env, COUNTERSIGN_URL: 'http://127.0.0.1:9' },
      signal: stop.signal,
    });
    expect(ran.code).toBe(1);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('does not follow a redirect, which would send the token elsewhere', async () => {
    const seen: unknown[] = [];
    const other = createServer((req, res) => {
      seen.push(req.headers.authorization);
      res.writeHead(307, { location: `${server.url}/v1/requests` });
      res.end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const stop = AbortSignal.timeout(700);
    const { port } = other.address() as AddressInfo;
    const ran = await cli(ask, {
      env: { ...env, COUNTERSIGN_URL: `http://127.0.0.1:${port}` },
      signal: stop,
    });
    other.closeAllConnections();
    other.close();
    expect(ran.code).toBe(1);
    expect(seen.length).toBeGreaterThan(0);
    expect(server.app.submitted).toEqual([]);
  });

  test.each([
    [[...ask, '-f', 'service=billing'], /given twice/],
    [[...ask, '-f', 'x'], /FIELD=VALUE/],
    [[...ask, 'more'], /too many arguments/],
    [['request'], /missing required argument 'workflow'/],
    [[...ask, '--nope'], /unknown option '--nope'/],
    [[...ask, '--tokenfile=x'], /Did you mean --token-file\?/],
    [[...ask, '--timeout', 'soon'], /duration/],
    [[...ask, '--url', 'ftp://x'], /Name the service/],
    ...[
      'http://approve.example',
      'http://localhost.example',
      'http://127.0.0.1.example',
      'http://10.0.0.7',
      'http://0.0.0.0',
      'http://[::ffff:10.0.0.7]',
      'HTTP://approve.example',
    ].map((url): [string[], RegExp] => [[...ask, '--url', url], /a token is sent over https/i]),
    [[...ask, '--url', 'https://u:p@x.example'], /has no user, password, query or fragment/],
    [[...ask, '--url', 'https://x.example/?a=b'], /has no user, password, query or fragment/],
    [[...ask, '--url', 'https://x.example/?'], /has no user, password, query or fragment/],
    [[...ask, '--url', 'https://x.example/#'], /has no user, password, query or fragment/],
    [[...ask, '--key', 'a\nb'], /1 to 255 visible ASCII characters/],
    [[...ask, '--key', ''], /1 to 255 visible ASCII characters/],
    [[...ask, '--token-file', '/nowhere'], /cannot be read: nothing is there\n/],
    [[...ask, '--token-file', '/dev/zero'], /cannot be read: it holds more than 1 MiB/],
    [[...ask, '--token-file', '/'], /cannot be read: it is a folder, not a file\n/],
  ])('%j is wrong usage', async (args, words) => {
    const ran = await cli(args, { env });
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(words);
    expect(ran.err).toContain('Usage: countersign request');
  });
});

test('a service that does not answer is explained without codes of the system', async () => {
  await server.stop();
  const service = { base: server.url, token: 'mia' };
  const io = { stdout: () => undefined, stderr: () => undefined, env: {}, cwd: '/' };
  const call = { method: 'GET', path: '/v1/jobs', attempts: 1 } as const;
  await expect(callApi(service, call, io)).rejects.toThrow(
    /^http:\S+ could not be reached: nothing answers there from this machine: check [^()]*$/,
  );
});

test('begins no further attempt after the end of a wait', async () => {
  let calls = 0;
  const away = createServer((request) => {
    calls += 1;
    request.socket.destroy();
  });
  away.listen(0, '127.0.0.1');
  await once(away, 'listening');
  const url = `http://127.0.0.1:${(away.address() as AddressInfo).port}`;
  const ran = await cli(['wait', 'req_1', '--url', url, '--timeout', '1s'], { env });
  away.close();
  expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('could not be reached')]);
  // The third one would begin after 1.5 s, and there are six without an end.
  expect(calls).toBeLessThan(3);
});

test('a folder in place of a database is wrong usage', async () => {
  const ran = await cli(['audit', 'export', '--sqlite', '/'], { env: {} });
  expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('/ is a folder: name')]);
});

describe('the bearer token', () => {
  test('is read from a file before the environment', async () => {
    const dir = folder({ token: 'pipeline\n' });
    await cli([...ask, '--token-file', 'token'], { env, cwd: dir.path });
    expect(server.app.submitted[0]?.by.name).toBe('pipeline');
    dir.remove();
  });

  test('is issued by GitHub Actions for the audience of the service', async () => {
    const asked: unknown[] = [];
    const github = createServer((req, res) => {
      asked.push([req.url, req.headers.authorization]);
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end('{"value":"pipeline"}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => github.once('listening', resolve));
    const { port } = github.address() as AddressInfo;
    const ran = await cli([...ask, '--audience', 'https://approve.example'], {
      env: {
        COUNTERSIGN_URL: server.url,
        ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner',
      },
    });
    github.closeAllConnections();
    github.close();
    expect([ran.code, server.app.submitted[0]?.by.name]).toEqual([0, 'pipeline']);
    expect(asked).toEqual([
      ['/token?api-version=2&audience=https%3A%2F%2Fapprove.example', 'Bearer runner'],
    ]);
  });

  test.each(['http://localhost:1', 'http://127.8.9.1:1', 'http://[::1]:1'])(
    'may go to %s, which is this machine',
    async (url) => {
      const stop = AbortSignal.abort();
      const ran = cli(ask, { env: { ...env, COUNTERSIGN_URL: url }, signal: stop });
      expect((await ran).err).not.toMatch(/https/i);
    },
  );

  test('is not asked of GitHub over http, which would show the secret of the run', async () => {
    const ran = await cli(ask, {
      env: {
        COUNTERSIGN_URL: server.url,
        ACTIONS_ID_TOKEN_REQUEST_URL: 'http://runner.example/token',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner',
      },
    });
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/ACTIONS_ID_TOKEN_REQUEST_URL/)]);
  });

  test('rejects a missing or malformed token as wrong usage', async () => {
    expect((await cli(ask, { env: { COUNTERSIGN_URL: server.url } })).code).toBe(2);
    expect((await cli(ask, { env: { ...env, COUNTERSIGN_TOKEN: 'a b' } })).code).toBe(2);
  });
});

describe('countersign wait', () => {
  test('accepts a wait token and exits with the code of the outcome', async () => {
    server.app.request = makeRequest({ state: 'denied' });
    const ran = await cli(['wait', 'req_1'], { env: { ...env, COUNTERSIGN_TOKEN: 'wait_req_1' } });
    expect(ran).toEqual({ code: 3, err: '', out: 'Request 17 is denied\n' });
  });

  test('a stop takes the request back with the token of who asked', async () => {
    const stop = new AbortController();
    const wait = server.app.waitRequest;
    server.app.waitRequest = (input) => {
      stop.abort('SIGINT');
      return wait(input);
    };
    const ran = await cli(['wait', 'req_1'], { env, signal: stop.signal });
    expect([ran.code, ran.err]).toEqual([1, 'The request was taken back.\n']);
    expect(cancelled).toEqual(['req_1 by mia']);
  });

  test('a stop says that a wait token cannot cancel', async () => {
    const ran = await cli(['wait', 'req_1', '--timeout', '1s'], {
      env: { ...env, COUNTERSIGN_TOKEN: 'wait_req_1' },
    });
    expect([ran.code, ran.err]).toEqual([
      1,
      'The time is up.\nThe request was not taken back: a wait token cannot cancel; use the token ' +
        'of who asked.\n',
    ]);
    expect(ran.out).toBe('Request 17 is pending\n');
    expect(cancelled).toEqual([]);
  });

  test('exits with 1 for an unknown request', async () => {
    const ran = await cli(['wait', 'req_2', '--json'], { env });
    expect([ran.code, JSON.parse(ran.out).code]).toEqual([1, 'request_not_found']);
  });
});

describe('countersign cancel', () => {
  test('cancels a request for who asked', async () => {
    const ran = await cli(['cancel', 'req_1'], { env });
    expect(ran).toEqual({ code: 0, err: '', out: 'Request 17 is cancelled\n' });
    expect(cancelled).toEqual(['req_1 by mia']);
    const json = await cli(['cancel', 'req_1', '--json'], { env });
    expect(JSON.parse(json.out)).toMatchObject({ id: 'req_1', state: 'cancelled' });
  });

  test('exits with 1 and the reason where it may not', async () => {
    const ran = await cli(['cancel', 'req_1'], { env: { ...env, COUNTERSIGN_TOKEN: 'olu' } });
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toContain('[request_not_found]');
  });
});
