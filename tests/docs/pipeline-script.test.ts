/** The script of docs/how-to/ask-from-a-pipeline.md, against a service that misses calls. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../conventions/tree.ts';

const page = readFileSync(join(ROOT, 'docs/how-to/ask-from-a-pipeline.md'), 'utf8');
const [, script = ''] = /```sh\n(BASE=[^]*?)```/.exec(page) ?? [];

type Answer = 'lost' | 'broken' | '502' | { readonly state: string };

let server: Server;
let url: string;
let folder: string;
let polls: Answer[];
let calls: string[];
let keys: unknown[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pipeline-script-'));
  // The rests between the polls do not matter here.
  writeFileSync(join(folder, 'sleep'), '#!/bin/sh\nexit 0\n');
  chmodSync(join(folder, 'sleep'), 0o755);
  [polls, calls, keys] = [[], [], []];
  let asked = 0;
  server = createServer((req, res) => {
    const path = (req.url ?? '').split('?')[0] ?? '';
    calls.push(`${req.method} ${path} ${req.headers.authorization ?? ''}`);
    if (path === '/token') return json(res, { value: 'run-token' });
    if (path === '/v1/requests') {
      keys.push(req.headers['idempotency-key']);
      asked += 1;
      return asked === 1 ? res.destroy() : json(res, { id: 'req_1', waitToken: 'wait_1' }, 201);
    }
    if (path.endsWith('/cancel')) return json(res, { state: 'cancelled' });
    return poll(req, res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function poll(_req: IncomingMessage, res: ServerResponse): unknown {
  const answer = polls.shift() ?? { state: 'pending' };
  if (answer === 'lost') return res.destroy();
  if (answer === 'broken') return res.end('<html>');
  if (answer === '502') return res.writeHead(502).end('{}');
  return json(res, answer);
}

function json(res: ServerResponse, body: unknown, status = 200): unknown {
  return res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function run(shell: readonly string[]) {
  const text = script.replace(/^BASE=.*$/m, `BASE=${url}`);
  return spawn('bash', [...shell, '-c', text], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      KEY: '734518209-51725241954',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?v=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner',
    },
  });
}

describe.each([[[]], [['-e']], [['-eo', 'pipefail']]])('under bash %j', (shell) => {
  const ended = async (child: ReturnType<typeof run>) => {
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += String(chunk);
    });
    const [code] = (await once(child, 'close')) as [number];
    return { code, out };
  };

  test('survives missed polls, and asks once by one key', async () => {
    polls = ['lost', { state: 'pending' }, '502', 'broken', { state: 'applying' }];
    polls.push({ state: 'applied' });
    expect(await ended(run(shell))).toEqual({ code: 0, out: '' });
    expect(polls).toEqual([]);
    expect(keys).toEqual(['734518209-51725241954', '734518209-51725241954']);
    expect(calls.filter((call) => call.includes('/wait')).at(-1)).toMatch(/Bearer wait_1$/);
  });

  test('fails where the request was denied', async () => {
    polls = ['lost', { state: 'denied' }];
    expect(await ended(run(shell))).toEqual({ code: 1, out: 'ended as denied\n' });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('takes its request back on %s', async (signal) => {
    const child = run(shell);
    const stop = setInterval(() => {
      if (calls.some((call) => call.includes('/wait'))) child.kill(signal);
    }, 20);
    const { code, out } = await ended(child);
    clearInterval(stop);
    expect([code, out]).toEqual([1, 'the run was cancelled; the request is taken back\n']);
    expect(calls.at(-1)).toBe('POST /v1/requests/req_1/cancel Bearer run-token');
  });
});
