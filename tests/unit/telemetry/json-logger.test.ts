import fc from 'fast-check';
import type { LogLevel } from '../../../src/lib/logger.ts';
import { jsonLogger } from '../../../src/telemetry/json-logger.ts';

const NOW = Date.UTC(2026, 11, 1);

function logged(message: string, fields: Record<string, unknown> = {}, level: LogLevel = 'debug') {
  const lines: string[] = [];
  const log = jsonLogger({ level, write: (line) => void lines.push(line), now: () => NOW });
  log.warn(message, fields);
  return lines.join('');
}

test('writes one JSON line with time, level, message and fields', () => {
  const line = logged('a job is tried again: 100%d %s', { job: 'job_1', inMs: 5 });
  expect(line).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(line)).toEqual({
    level: 'warn',
    time: '2026-12-01T00:00:00.000Z',
    message: 'a job is tried again: 100%d %s',
    job: 'job_1',
    inMs: 5,
  });
});

test('writes an error with its causes, a cycle and a bigint without throwing', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const error = new Error('outer', { cause: new TypeError('inner') });
  const line = logged('failed', { error, cycle, size: 1n });
  expect(JSON.parse(line)).toMatchObject({
    error: 'Error: outer <- TypeError: inner',
    size: 1,
  });
});

test('writes nothing below the level', () => {
  expect(logged('quiet', {}, 'error')).toBe('');
});

const SECRET = 'S3cretValue-0123456789';
const TOKEN = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.${SECRET}`;

test.each<[string, Record<string, unknown>]>([
  ['authorization header', { headers: { authorization: `Bearer ${SECRET}` } }],
  ['authorization header two levels down', { request: { headers: { authorization: SECRET } } }],
  ['cookie', { headers: { cookie: `session=${SECRET}` } }],
  ['client secret', { client: { clientSecret: SECRET } }],
  ['token', { token: SECRET }],
  ['connection string field', { connectionString: SECRET }],
  ['secret in a list', { keys: [{ secret: SECRET }] }],
])('redacts by the name of a field: %s', (_name, fields) => {
  const line = logged('sent', fields);
  expect(line).not.toContain(SECRET);
  expect(line).toContain('[redacted]');
});

const TEXTS = [
  `token ${TOKEN} is not accepted`,
  `GET https://login.example/x?state=1&code=${SECRET}&y=2 failed`,
  `header "Bearer ${SECRET}"`,
  `DPoP ${SECRET}`,
  `Server=db;User Id=app;Password=two words ${SECRET};Encrypt=true`,
  `Server=db;PWD="quoted; ${SECRET}";Encrypt=true`,
  `Server=db;Password=back\\slash${SECRET}`,
  `Server=db;Password='one; ${SECRET}'`,
  `https://user:${SECRET}@db.example/path`,
  `grant_type=refresh_token&refresh_token=${SECRET}&scope=openid`,
  `client_secret=${SECRET}`,
  `answered {"error":"x","access_token": "a\\"b${SECRET}","expires_in":1}`,
  `-----BEGIN PRIVATE KEY-----\nMIIE${SECRET}\n-----END PRIVATE KEY-----`,
];

test.each(TEXTS)('redacts by the look of a text: %s', (text) => {
  for (const line of [logged(text), logged('failed', { error: new Error(text) })]) {
    expect(line).not.toContain(SECRET);
    expect(line).toContain('[redacted]');
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  }
});

test('keeps text that is not a secret', () => {
  const text = 'the token lacks exp; password rules: 12 characters; code=ECONNRESET, basic checks';
  expect(
    JSON.parse(logged(text, { code: 'token_expired', url: 'https://a.example/?a=b' })),
  ).toEqual(
    expect.objectContaining({
      message: text,
      code: 'token_expired',
      url: 'https://a.example/?a=b',
    }),
  );
});

test('redaction leaves every line valid JSON', () => {
  const piece = fc.constantFrom('Password=', 'secret="', "'", '"', '\\', '{', '\n', ';', 'Bearer ');
  const text = fc
    .array(fc.oneof(piece, fc.string({ maxLength: 6 })))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (message, detail) => {
      const line = logged(message, { detail, deep: { er: [detail] } });
      expect(() => JSON.parse(line) as unknown).not.toThrow();
      expect(line.indexOf('\n')).toBe(line.length - 1);
    }),
    { numRuns: 2_000 },
  );
});

test('a log line has no raw control character, and its value stays', () => {
  const lines: string[] = [];
  const log = jsonLogger({ level: 'info', now: () => 0, write: (line) => lines.push(line) });
  const value = 'a\u009b2J\u202eb\u2028c\u0007';
  log.info('tried', { value });
  expect(lines.join('').trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ value });
});
