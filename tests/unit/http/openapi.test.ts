import { fileURLToPath } from 'node:url';
import { readFileSync, readdirSync } from 'node:fs';
import { get, startServer } from './support.ts';
import type { Harness } from './support.ts';

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly requestBody?: unknown;
  readonly security?: readonly unknown[];
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

let server: Harness;
let document: Document;
let operations: { method: string; path: string; operation: Operation }[];

beforeAll(async () => {
  server = await startServer();
  document = (await (await get(`${server.url}/openapi.json`)).json()) as Document;
  operations = Object.entries(document.paths).flatMap(([path, entry]) =>
    Object.entries(entry).map(([method, operation]) => ({ method, path, operation })),
  );
});
afterAll(() => server.stop());

test('it holds every address that contracts.md promises for this version', () => {
  expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
    'get /.well-known/jwks.json',
    'get /assets/{name}',
    'get /auth/callback',
    'get /auth/start',
    'get /healthz',
    'get /metrics',
    'get /openapi.json',
    'get /readyz',
    'get /v1/requests',
    'get /v1/requests/{id}',
    'get /v1/requests/{id}/wait',
    'get /v1/workflows',
    'post /api/messages',
    'post /auth/start',
    'post /v1/requests',
    'post /v1/requests/{id}/cancel',
    'post /v1/requests/{id}/decisions',
  ]);
});

test('every address in it is served', async () => {
  for (const { method, path } of operations) {
    const url = server.url + path.replace('{id}', 'req_1').replace('{name}', 'known.js');
    const response = await fetch(url, { method: method.toUpperCase(), redirect: 'manual' });
    const text = await response.text();
    expect(text).not.toMatch(/route_not_found|method_not_allowed/);
  }
});

test('every route is in it', () => {
  const folder = fileURLToPath(new URL('../../../src/http/routes/', import.meta.url));
  const paths = readdirSync(folder).flatMap((name) =>
    [...readFileSync(folder + name, 'utf8').matchAll(/^ {4}path: '([^']+)'/gm)].map(([, path]) =>
      (path ?? '').replace(/:(\w+)/g, '{$1}'),
    ),
  );
  expect(new Set(Object.keys(document.paths))).toEqual(
    new Set([...paths, '/openapi.json', '/metrics', '/healthz', '/readyz']),
  );
});

test('what is documented of statuses and tokens is what happens', async () => {
  for (const { method, path, operation } of operations) {
    const url = server.url + path.replace('{id}', 'req_1').replace('{name}', 'known.js');
    const response = await fetch(url, { method: method.toUpperCase(), redirect: 'manual' });
    expect(Object.keys(operation.responses)).toContain(String(response.status));
    if (operation.security !== undefined && operation.requestBody === undefined) {
      expect([path, response.status]).toEqual([path, 401]);
    }
  }
});

test('operation ids are unique and every reference leads somewhere', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
  const used = new Set([...references].map(([, name]) => name ?? ''));
  expect(used).toEqual(new Set(Object.keys(document.components.schemas)));
});

test('an answer has the members that its schema requires, and no others', async () => {
  const schema = document.components.schemas.Request as { required: readonly string[] };
  const request = (await (await get(`${server.url}/v1/requests/req_1`)).json()) as object;
  expect(Object.keys(request).sort()).toEqual([...schema.required].sort());
});
