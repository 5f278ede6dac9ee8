import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openWitness } from '../../src/compose/open-witness.ts';
import { compose } from '../../src/compose/compose.ts';
import type { Service } from '../../src/compose/lifecycle.ts';
import { loadConfig } from '../../src/compose/load-config.ts';
import type { Config } from '../../src/config/config.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { eventually } from '../../src/local/find.ts';
import { startLocalParts } from '../../src/local/profile.ts';
import type { LocalParts } from '../../src/local/profile.ts';
import { query } from '../support/audit-rows.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { askByPipeline } from '../support/people-at-work.ts';

let home: string;
let world: LocalParts;
let service: Service | undefined;
let url = '';
let config: Config;
const logged: string[] = [];
const log = { ...silentLogger, error: (message: string) => void logged.push(message) };

/** A witness over HTTP, which a test may make fail. */
const remote = { lines: [] as string[], failing: false, seen: [] as string[] };
let server: Server;

type WitnessSection = NonNullable<Config['audit']['witness']>;
async function start(witness: WitnessSection): Promise<void> {
  config = loadConfig({ path: world.configPath, env: world.env, profile: 'local' }).config;
  service = await compose({ ...config, audit: { ...config.audit, witness } }, { log });
  ({ url } = await service.start());
}
async function stop(): Promise<void> {
  await service?.stop();
  service = undefined;
}
const file = () => join(home, 'witness.txt');
const fileWitness = (): WitnessSection => ({ kind: 'file', path: file() });
const remoteWitness = (): WitnessSection => ({
  kind: 'https',
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`,
  authorization: 'Bearer of-the-witness',
  allowPrivate: ['127.0.0.1'],
  proxy: false,
});
const databaseFile = () => (config.store.kind === 'sqlite' ? config.store.path : '');
const checkpoints = () =>
  query(databaseFile(), 'SELECT jws FROM audit_checkpoints ORDER BY size').map(({ jws }) => jws);
const linesOf = async () =>
  existsSync(file()) ? (await readFile(file(), 'utf8')).trimEnd().split('\n') : [];
const metric = async (name: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
};
/** Makes a request, and waits until its events are sealed. */
async function seal(): Promise<void> {
  const before = checkpoints().length;
  await askByPipeline(world);
  await eventually('another checkpoint', () => checkpoints().length > before);
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-witness-'));
  world = await startLocalParts({ home });
  server = createServer((req, res) => {
    remote.seen.push(`${req.method} ${req.headers.authorization}`);
    let body = '';
    req.on('data', (part: Buffer) => {
      body += part.toString();
    });
    req.on('end', () => {
      if (remote.failing) return res.writeHead(503).end();
      if (req.method === 'POST') remote.lines.push(body.trimEnd());
      return res.writeHead(200).end(req.method === 'POST' ? '' : remote.lines.join('\n'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await stop();
  await world?.stop();
  server?.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(home, { recursive: true, force: true });
});

test('each checkpoint is appended to a file after its commit', async () => {
  await start(fileWitness());
  await seal();
  await seal();
  await eventually('the last line', async () => (await linesOf()).at(-1) === checkpoints().at(-1));
  const lines = await linesOf();
  expect(lines.length).toBeGreaterThan(1);
  expect(lines).toEqual(checkpoints().slice(-lines.length));
  expect(await metric('countersign_audit_witness_failing')).toBe('0');
  expect(await metric('countersign_audit_witness_behind')).toBe('0');
});

test('a line that is no checkpoint of this log does not count, even where it is longer', async () => {
  await stop();
  const [, payload = ''] = String(checkpoints()[0]).split('.');
  const own = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const stranger = Buffer.from(JSON.stringify({ ...own, size: 999_999, root: 'A'.repeat(43) }));
  await appendFile(
    file(),
    `${checkpoints()[0]}\nnot.a.jws\ne30.${stranger.toString('base64url')}.AA\n`,
  );
  await start(fileWitness());
  await seal();
  await eventually('the next line', async () => (await linesOf()).at(-1) === checkpoints().at(-1));
});

test('a witness that fails alarms, never stops sealing, and gets everything later', async () => {
  await stop();
  remote.failing = true;
  await start(remoteWitness());
  expect(logged).toContain('the witness of the audit log was not read');
  const before = checkpoints().length;
  await seal();
  await seal();
  await eventually('the alarm in the log', () =>
    logged.includes('a checkpoint was not appended to the witness of the audit log'),
  );
  expect(await metric('countersign_audit_witness_failing')).toBe('1');
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  remote.failing = false;
  await eventually('the last checkpoint', () => remote.lines.at(-1) === checkpoints().at(-1));
  await seal();
  await eventually('the next checkpoint', () => remote.lines.at(-1) === checkpoints().at(-1));
  expect(remote.lines.length).toBeGreaterThan(1);
  expect(checkpoints().slice(before)).toEqual(expect.arrayContaining(remote.lines));
  expect(new Set(remote.seen)).toEqual(
    new Set(['GET Bearer of-the-witness', 'POST Bearer of-the-witness']),
  );
  expect(await metric('countersign_audit_witness_failing')).toBe('0');
});

test('a log that is shorter than its witness stops the start', async () => {
  await stop();
  const database = new DatabaseSync(databaseFile());
  const triggers = database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`);
  const [last] = database
    .prepare('SELECT size FROM audit_checkpoints ORDER BY size DESC LIMIT 1 OFFSET 1')
    .all();
  const size = Number(last?.['size']);
  database.exec(`
    PRAGMA foreign_keys = OFF;
    DELETE FROM audit_events WHERE id IN (SELECT event_id FROM audit_leaves WHERE idx >= ${size});
    DELETE FROM audit_leaves WHERE idx >= ${size};
    DELETE FROM audit_checkpoints WHERE size > ${size};
    DELETE FROM audit_frontier;`);
  database.close();
  const refused = start(remoteWitness());
  await expect(refused).rejects.toThrow(/the log has \d+ leaves, its witness http.* knows \d+/);
  await expect(refused).rejects.toThrow('countersign audit accept --reason');
});

test.each([
  [true, ['witness.contoso.example:443']],
  [false, []],
])('with proxy: %s the calls that the proxy sees are %j', async (proxy, asked) => {
  const through = await startConnectProxy({ targetPort: 1, refuse: () => 403 });
  try {
    const settings = { proxy: { url: through.url, noProxy: [] } };
    const section = { ...remoteWitness(), url: 'https://witness.contoso.example/', proxy };
    const witness = openWitness(section as WitnessSection, settings);
    await expect(witness.append('line')).rejects.toThrow('was not reached');
    expect(through.asked).toEqual(asked);
  } finally {
    await through.stop();
  }
});
