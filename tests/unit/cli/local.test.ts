import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLocalProfile } from '../../../src/local/profile.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { runCommandLine } from '../../../src/cli/run.ts';
import { cli, folder } from './support.ts';

/** The profile uses five ports from here on, outside the range of ephemeral ports. */
const BASE = 21_000 + (process.pid % 1_000) * 8;

/** Whole processes start here, on a machine that may be busy. */

let home: ReturnType<typeof folder>;
beforeEach(() => {
  home = folder({});
});
afterEach(() => home.remove());

const start = (given: { home?: string; port?: number; signal?: AbortSignal } = {}) =>
  cli(['local'], {
    env: { COUNTERSIGN_HOME: given.home ?? home.path, PORT: String(given.port ?? BASE) },
    ...(given.signal === undefined ? {} : { signal: given.signal }),
  });

async function take(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function free(port: number): Promise<boolean> {
  const server = await take(port).catch(() => undefined);
  if (server === undefined) return false;
  const { port: taken } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return taken === port;
}

test.each([
  ['service', 0],
  ['page', 1],
  ['provider', 2],
  ['connector', 3],
  ['target', 4],
])('names the port of the %s when it is taken, and leaves nothing running', async (_part, step) => {
  const other = await take(BASE + step);
  const { code, out, err } = await start();
  expect({ code, out, err }).toEqual({
    code: 1,
    out: '',
    err: `Port ${BASE + step} is taken. Stop what uses it, or set PORT to another.\n`,
  });
  for (const near of [0, 1, 2, 3, 4].filter((one) => one !== step)) {
    expect({ near, free: await free(BASE + near) }).toEqual({ near, free: true });
  }
  other.close();
  await once(other, 'close');
});

test('the process exits after a failed start', async () => {
  const other = await take(BASE + 1);
  const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'local'], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], COUNTERSIGN_HOME: home.path, PORT: String(BASE) },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 100_000);
  try {
    expect(await once(child, 'exit')).toEqual([1, null]);
  } finally {
    clearTimeout(timer);
    other.close();
    await once(other, 'close');
  }
});

test('names a folder that cannot be created, and says what to do', async () => {
  writeFileSync(join(home.path, 'file'), '');
  const file = join(home.path, 'file', 'home');
  const { code, err } = await start({ home: file });
  expect(code).toBe(1);
  expect(err).toBe(
    `${file} cannot be used: it is a file, or lies below one, where a folder is needed. Set COUNTERSIGN_HOME to a folder of your own.\n`,
  );
});

test.each([
  ['the same ports', 0, /^Port \d+ is taken/],
  ['other ports', 8, /is in use by another Countersign: stop it, or set COUNTERSIGN_HOME/],
])(
  'a second start in the same folder, on %s, leaves the database of the first',
  async (_name, away, sentence) => {
    const first = await startLocalProfile({
      home: home.path,
      port: BASE,
      overrides: { log: silentLogger },
    });
    try {
      const { code, err } = await start({ port: BASE + away });
      expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(sentence) });
      expect(existsSync(join(home.path, 'countersign.db'))).toBe(true);
      await first.service.store.check();
    } finally {
      await first.stop();
    }
  },
);

const GOOD = `workflow: rotate-key
title: Rotate a key
request: { roles: [engineer] }
stages: [{ name: Owner, roles: [key-owner] }]
notify: { channel: key-rotations }
execute: { use: vault }
`;

test.each<[string, string[], number, RegExp]>([
  [
    'a folder that is not there',
    ['--workflows', 'none'],
    2,
    /--workflows none cannot be read: nothing is there\n/,
  ],
  ['a wrong workflow', ['--workflows', 'bad'], 1, /bad\/one\.yaml:\d+:\d+: stages: found nothing/],
  ['an empty folder', ['--workflows', 'empty'], 1, /no \*\.yaml in/],
  [
    'people that are not there',
    ['--people', 'none.yaml'],
    2,
    /--people none\.yaml cannot be read: nothing is there\n/,
  ],
  [
    'people without an end',
    ['--people', '/dev/zero'],
    2,
    /cannot be read: it holds more than 4 MiB/,
  ],
  ['a file for the folder', ['--workflows', 'oid.yaml'], 2, /cannot be read: it is a file/],
  ['a claim of the provider', ['--people', 'oid.yaml'], 1, /does not set itself/],
  ['people with one id', ['--people', 'twice.yaml'], 1, /people with different ids/],
  ['a remote Playground', ['--playground', 'http://playground.example'], 2, /this machine/],
  ['a Playground by https', ['--playground', 'https://localhost:56150'], 2, /this machine/],
  ['--as alone', ['--as', 'mia'], 2, /give --playground too/],
  [
    'an unknown person',
    ['--playground', 'http://localhost:56150', '--as', 'eve'],
    1,
    /--as names nobody.*mia, tomasz/,
  ],
])('refuses %s, says why, and leaves nothing running', async (_name, args, code, words) => {
  for (const name of ['bad', 'empty']) mkdirSync(join(home.path, name));
  writeFileSync(join(home.path, 'bad', 'one.yaml'), GOOD.replace(/^stages.*\n/m, ''));
  writeFileSync(join(home.path, 'oid.yaml'), 'people: [{ id: a, name: A, claims: { oid: x } }]');
  writeFileSync(join(home.path, 'twice.yaml'), 'people: [{ id: a, name: A }, { id: a, name: B }]');
  const ran = await cli(['local', ...args], {
    env: { COUNTERSIGN_HOME: join(home.path, 'home'), PORT: String(BASE) },
    cwd: home.path,
  });
  expect({ ...ran, err: '' }).toEqual({ code, out: '', err: '' });
  expect(ran.err).toMatch(words);
  expect(await free(BASE)).toBe(true);
});

test('exits with 0 and prints nothing when it is stopped during the start', async () => {
  const stop = new AbortController();
  const ending = start({ signal: stop.signal });
  stop.abort('SIGINT');
  expect(await ending).toEqual({ code: 0, out: '', err: '' });
  expect(await free(BASE)).toBe(true);
});

test('--json prints one object with the addresses once everything listens', async () => {
  const stop = new AbortController();
  let out = '';
  const code = await runCommandLine(['local', '--json'], {
    stdout: (text) => {
      out += text;
      stop.abort('SIGINT');
    },
    stderr: () => undefined,
    env: { COUNTERSIGN_HOME: home.path, PORT: String(BASE) },
    cwd: home.path,
    signal: stop.signal,
  });
  expect([code, JSON.parse(out)]).toEqual([
    0,
    {
      event: 'listening',
      page: `http://127.0.0.1:${BASE + 1}`,
      service: `http://127.0.0.1:${BASE}`,
      home: home.path,
    },
  ]);
});

test('starts with a new database, whatever an earlier start left', async () => {
  for (const round of ['first', 'second']) {
    const profile = await startLocalProfile({
      home: home.path,
      port: BASE,
      overrides: { log: silentLogger },
    });
    const { store } = profile.service;
    expect(await store.findOnceKey('idempotency', 'kept')).toBeUndefined();
    await store.commit({
      id: `chg_${round}`,
      at: 1,
      onceKeys: [
        {
          kind: 'idempotency',
          key: 'kept',
          requestId: null,
          fingerprint: null,
          expiresAt: Number.MAX_SAFE_INTEGER,
        },
      ],
    });
    await profile.stop();
  }
});
