import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const folderOfAction = fileURLToPath(new URL('../../../infra/github-action/', import.meta.url));
const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly key: unknown;
  readonly body: string;
}

let server: Server;
let base = '';
let folder = '';
let seen: Seen[];
/** The final state of the fake service's request; `refuse` answers with a problem. */
let ending: string;
/** Called at each long poll, instead of an answer. */
let polled: (() => void) | undefined;
let script: ChildProcess;

/** GitHub's token endpoint and the service's API on the wire. */
beforeEach(async () => {
  seen = [];
  ending = 'applied';
  polled = undefined;
  folder = mkdtempSync(join(tmpdir(), 'ask-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const { method, url, headers } = request;
      const { authorization } = headers;
      seen.push({ method, url, authorization, key: headers['idempotency-key'], body });
      const answer = (status: number, value: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
      };
      const shown = { id: 'req_7', number: 7, url: `${base}/v1/requests/req_7` };
      if (url?.startsWith('/token')) return answer(200, { value: 'run-token' });
      if (ending === 'refuse') return answer(403, { code: 'requester_not_allowed', detail: 'No.' });
      if (url?.endsWith('/cancel')) return answer(200, { ...shown, state: 'cancelled' });
      if (method === 'POST') {
        return answer(201, { ...shown, state: 'pending', waitToken: 'wait_1' });
      }
      if (polled) return polled();
      return answer(200, { ...shown, state: ending });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function ask(change: Record<string, string> = {}): Promise<{ code: number; log: string }> {
  const output = join(folder, 'output');
  writeFileSync(output, '');
  const env = {
    PATH: process.env['PATH'] ?? '',
    GITHUB_OUTPUT: output,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${base}/token?v=1`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret',
    COUNTERSIGN_URL: base,
    ASK_MAIN: main,
    ASK_WORKFLOW: 'deploy',
    ASK_KEY: '1-1-job-step',
    ASK_FIELDS: 'service=checkout\r\n\nnote=a "b" $(touch x) = c\n',
    ASK_REASON: '--wait',
    ASK_AUDIENCE: 'api://countersign',
    ASK_TIMEOUT: '20s',
    ...change,
  };
  return new Promise((resolve) => {
    script = execFile(
      'bash',
      [join(folderOfAction, 'ask.sh')],
      { env, cwd: folder },
      (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, log: out + err });
      },
    );
  });
}

interface Action {
  readonly runs: { readonly steps: { run?: string; env?: Record<string, string> }[] };
}

function readAction(): Action {
  return parse(readFileSync(join(folderOfAction, 'action.yml'), 'utf8')) as Action;
}

/** The shell scripts of its steps, in order. */
function scriptsOf({ runs }: Action): string[] {
  return runs.steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
}

describe('the GitHub action', () => {
  test('submits with the token of the run, waits with the wait token, and reports the outcome', async () => {
    const { code, log } = await ask();
    expect(log).toContain('Outcome: applied');
    expect(code).toBe(0);
    expect(seen.map(({ method, authorization }) => [method, authorization])).toEqual([
      ['GET', 'Bearer secret'],
      ['POST', 'Bearer run-token'],
      ['GET', 'Bearer wait_1'],
    ]);
    expect(seen[0]?.url).toBe('/token?v=1&audience=api%3A%2F%2Fcountersign');
    expect(seen[1]?.key).toBe('1-1-job-step');
    expect(JSON.parse(seen[1]?.body ?? '')).toEqual({
      workflow: 'deploy',
      fields: { service: 'checkout', note: 'a "b" $(touch x) = c' },
      reason: '--wait',
    });
    expect(readFileSync(join(folder, 'output'), 'utf8')).toBe(
      `id=req_7\nnumber=7\nurl=${base}/v1/requests/req_7\nstate=applied\n`,
    );
    expect(log).toContain('::add-mask::wait_1');
  });

  test.each([
    ['denied', 3],
    ['expired', 4],
    ['failed', 5],
  ])('a request that ends as %s exits the step with %d', async (state, wanted) => {
    ending = state;
    const { code, log } = await ask({ ASK_REASON: '', ASK_AUDIENCE: '', ASK_FIELDS: '' });
    expect([code, log]).toEqual([wanted, expect.stringContaining(`Outcome: ${state}`)]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'takes the request back with the token of the run at %s',
    async (signal) => {
      polled = () => script.kill(signal);
      const { code, log } = await ask();
      expect(
        seen.slice(-2).map(({ method, url, authorization }) => [method, url, authorization]),
      ).toEqual([
        ['GET', '/token?v=1&audience=api%3A%2F%2Fcountersign', 'Bearer secret'],
        ['POST', '/v1/requests/req_7/cancel', 'Bearer run-token'],
      ]);
      expect(log).toContain('Outcome: cancelled');
      expect(code).toBe(1);
    },
  );

  test('names a request for each leg of a matrix and each call of a reusable workflow', () => {
    const key = readAction().runs.steps.at(-1)?.env?.['ASK_KEY'];
    expect(key).toContain('${{ strategy.job-index }}');
    expect(key).toMatch(/\$\{\{ job\.check_run_id\s*\}\}/);
    expect(key).not.toMatch(/\s-|-\s/);
  });

  test('fails the step with the reason at a refusal', async () => {
    ending = 'refuse';
    const { code, log } = await ask();
    expect(log).toContain('Refused: No. [requester_not_allowed]');
    expect(code).toBe(1);
  });

  test('installs the packages of the command line, without their scripts, before it runs', () => {
    const runs = scriptsOf(readAction());
    expect(runs).toHaveLength(2);
    expect(runs[0]).toMatch(/npm ci .*--ignore-scripts$/);
    expect(runs[1]).toContain('ask.sh');
  });

  test('passes inputs by the environment, never inside the script', () => {
    const action = readAction();
    const runs = scriptsOf(action);
    expect(runs.join()).not.toContain('${{');
    const script = readFileSync(join(folderOfAction, 'ask.sh'), 'utf8');
    const used = new Set([...script.matchAll(/\$\{?(ASK_\w+)/g)].map(([, name]) => name));
    const given = Object.keys(action.runs.steps.at(-1)?.env ?? {});
    expect(given).toEqual(expect.arrayContaining([...used]));
  });
});
