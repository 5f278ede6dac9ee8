import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { en } from '../../../src/text/en.ts';
import { ROOT } from '../../conventions/tree.ts';
import { createAnswerCheck, documentOfRoutes } from '../../support/declared-answers.ts';
import type { OpenApi } from '../../support/declared-answers.ts';
import { get, startServer } from './support.ts';
import type { Harness } from './support.ts';

/** The linter runs as a process, and the machine may be busy. */

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly requestBody?: unknown;
  readonly security: readonly Readonly<Record<string, unknown>>[];
}

interface Document extends OpenApi {
  readonly openapi: string;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

let server: Harness;
let document: Document;
let operations: { method: string; path: string; operation: Operation }[];

beforeAll(async () => {
  server = await startServer();
  document = (await (await get(`${server.url}/openapi.json`)).json()) as Document;
  operations = Object.entries(document.paths).flatMap(([path, entry]) =>
    Object.entries(entry).map(([method, operation]) => ({
      method,
      path,
      operation: operation as unknown as Operation,
    })),
  );
});
afterAll(() => server.stop());

test('declares every address of this version', () => {
  expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
    'get /',
    'get /.well-known/jwks.json',
    'get /assets/{name}',
    'get /auth/callback',
    'get /auth/start',
    'get /healthz',
    'get /metrics',
    'get /openapi.json',
    'get /privacy',
    'get /readyz',
    'get /terms',
    'get /v1/audit/checkpoint',
    'get /v1/audit/entries',
    'get /v1/audit/proofs/consistency',
    'get /v1/audit/proofs/inclusion',
    'get /v1/jobs',
    'get /v1/jobs/{id}',
    'get /v1/requests',
    'get /v1/requests/{id}',
    'get /v1/requests/{id}/wait',
    'get /v1/workflows',
    'post /api/messages',
    'post /auth/start',
    'post /v1/jobs/{id}/drop',
    'post /v1/jobs/{id}/retry',
    'post /v1/people/erase',
    'post /v1/requests',
    'post /v1/requests/{id}/cancel',
    'post /v1/requests/{id}/decisions',
  ]);
});

test("keeps Redocly's recommended rules without an error", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-openapi-'));
  try {
    const file = join(folder, 'openapi.json');
    await writeFile(file, JSON.stringify(document));
    const lint = (path: string) =>
      promisify(execFile)(
        process.execPath,
        [join(ROOT, 'node_modules/@redocly/cli/bin/cli.js'), 'lint', '--extends=recommended', path],
        {
          cwd: folder,
          // No telemetry and no look-up of newer versions.
          env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
        },
      );
    await lint(file);
    const broken = join(folder, 'broken.json');
    await writeFile(broken, JSON.stringify({ ...document, info: {} }));
    await expect(lint(broken)).rejects.toThrow();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('an answer without credentials has a declared status, 401 where a token is needed', async () => {
  for (const { method, path, operation } of operations) {
    const url = server.url + path.replace('{id}', 'req_1').replace('{name}', 'known.js');
    const response = await fetch(url, { method: method.toUpperCase(), redirect: 'manual' });
    expect(Object.keys(operation.responses)).toContain(String(response.status));
    expect(await response.text()).not.toMatch(/"code":"(route_not_found|method_not_allowed)"/);
    if (operation.security.length > 0 && operation.requestBody === undefined) {
      expect([path, response.status]).toEqual([path, 401]);
    }
  }
});

test('operation ids are unique and every schema is referred to', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
  const used = new Set([...references].map(([, name]) => name ?? ''));
  expect(used).toEqual(new Set(Object.keys(document.components.schemas)));
});

test('every refusal that the API can give is declared by a route', () => {
  const text = JSON.stringify(documentOfRoutes());
  const missing = Object.keys(en.refusals).filter((code) => !text.includes(`"${code}"`));
  expect(missing).toEqual([]);
});

describe('the check of answers against the document', () => {
  const answer = (status: number, body: unknown, type = 'application/json') =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });

  test.each([
    ['an undeclared status', answer(418, {})],
    ['an undeclared media type', answer(200, {}, 'text/json')],
    ['a missing member', answer(200, {})],
    ['an undeclared member', answer(200, { status: 'ok', uptime: 7 })],
    ['a wrong value', answer(200, { status: 'fine' })],
  ])('finds %s', async (_what, response) => {
    const check = createAnswerCheck(document);
    await check('GET', '/healthz', answer(200, { status: 'ok' }));
    await expect(check('GET', '/healthz', response)).rejects.toThrow('GET /healthz: ');
  });

  test('finds a code that the status does not declare', async () => {
    const problem = (code: string) =>
      answer(
        404,
        { type: `urn:countersign:problem:${code}`, title: 't', status: 404, detail: 'd', code },
        'application/problem+json',
      );
    const check = createAnswerCheck(document);
    await check('GET', '/v1/requests/req_1', problem('request_not_found'));
    await expect(check('GET', '/v1/requests/req_1', problem('token_missing'))).rejects.toThrow(
      'code must be equal to one of the allowed values',
    );
  });
});
