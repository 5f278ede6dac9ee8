import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { sealTurn } from '../../../src/audit/seal.ts';
import { runCommandLine } from '../../../src/cli/run.ts';
import { createKeys } from '../../../src/keys/keys.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { request, submission } from '../../store/build.ts';
import { storedEvent } from '../../support/events.ts';
import { eventOf } from './memory-log.ts';

const SECRET = 's'.repeat(48);
const YAML = `
server: { publicUrl: https://approvals.northwind.dev }
store: { kind: sqlite, path: data.db }
teams:
  appId: 4e7a1c6d-83b2-4f5e-9d10-6a2b8c7e5f31
  tenantId: 3b9d0c52-6a1f-4c87-b0e4-92d5f7a81c36
  credential: { kind: secret, secret: a-bot-secret-of-some-length }
identity:
  issuers:
    - { id: entra, kind: entra, audience: api://countersign, roles: [{ claim: roles }],
        tenant: 3b9d0c52-6a1f-4c87-b0e4-92d5f7a81c36 }
channels: { approvals: { team: 19:t@thread.tacv2, channel: 19:c@thread.tacv2 } }
executors:
  hook: { kind: webhook, url: https://hooks.northwind.dev/, secret: '\${env:HOOK_SECRET}' }
signing: { secret: '\${env:SIGNING_SECRET}' }
audit: { origin: northwind/log }
`;
const WORKFLOW = `
workflow: deploy
title: Deploy
fields: [{ id: service, type: text, required: true }]
request: { roles: [developer] }
stages: [{ name: Owner, roles: [approver], quorum: 1 }]
notify: { channel: approvals }
timing: { expire: 24h }
execute: { use: hook }
`;

const sealer = {
  clock: systemClock,
  ids: systemIds,
  log: silentLogger,
  origin: 'northwind/log',
  everyMs: 100,
  batchSize: 2,
};

let made = '';
let folder = '';
let out = '';
let error = '';
let jwks = '';
let root = '';
const io = (env: Record<string, string> = {}) => ({
  stdout: (text: string) => {
    out += text;
  },
  stderr: (text: string) => {
    error += text;
  },
  cwd: folder,
  env: {
    HOOK_SECRET: `whsec_${Buffer.alloc(32, 5).toString('base64')}`,
    SIGNING_SECRET: SECRET,
    ...env,
  },
});

const run = (args: readonly string[], given: ReturnType<typeof io>) =>
  runCommandLine(['audit', 'verify', ...args], given);

/** A real database with five sealed events. */
beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'audit-made-'));
  writeFileSync(join(made, 'countersign.yaml'), YAML);
  mkdirSync(join(made, 'workflows'));
  writeFileSync(join(made, 'workflows', 'deploy.yaml'), WORKFLOW);
  const store = await openStore(
    { kind: 'sqlite', path: join(made, 'data.db') },
    { clock: systemClock, log: silentLogger },
  );
  const keys = await createKeys({ store, secret: SECRET, clock: systemClock });
  jwks = JSON.stringify(keys.publicJwks());
  writeFileSync(join(made, 'jwks.json'), jwks);
  for (let at = 0; at < 5; at += 1) {
    await store.commit({ id: `chg_${at}`, at, events: [eventOf(`evt_${at}`, { at, name: 'é' })] });
  }
  const { turn, letGo } = sealTurn({ ...sealer, store, keys });
  while ((await turn()) === 0);
  await letGo();
  root = (await store.lastCheckpoint())?.root ?? '';
  await store.close();
});
afterAll(() => rmSync(made, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-verify-'));
  cpSync(made, folder, { recursive: true });
  out = '';
  error = '';
});
afterEach(() => rmSync(folder, { recursive: true }));

function tamper(sql: string): void {
  const database = new DatabaseSync(join(folder, 'data.db'));
  // The owner of the file can drop the triggers that protect the rows.
  const named = "SELECT name FROM sqlite_master WHERE type = 'trigger'";
  const triggers = database.prepare(named).all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`);
  database.exec(sql);
  database.close();
}

describe('countersign audit verify', () => {
  const viaConfig = ['--config', 'countersign.yaml'];

  test('verifies the log of a real store', async () => {
    expect(await run(viaConfig, io())).toBe(0);
    expect(out).toContain('The audit log verifies: 5 events, 3 checkpoints.');
    expect(out).toContain(root);
    expect(error).toBe('');
  });

  test('reads the configuration from the environment and prints JSON', async () => {
    expect(await run(['--json'], io({ COUNTERSIGN_CONFIG: 'countersign.yaml' }))).toBe(0);
    expect(JSON.parse(out)).toEqual({
      ok: true,
      size: 5,
      root,
      checkpoints: 3,
      unsealed: 0,
      problems: [],
      problemCount: 0,
    });
  });

  test('needs no secret with the published keys', async () => {
    const args = ['--sqlite', 'data.db', '--jwks', 'jwks.json', '--origin', 'northwind/log'];
    expect(await run(args, io())).toBe(0);
    expect(await run([...args, '--known', `5:${root}`], io())).toBe(0);
    const other = JSON.parse(jwks) as { keys: { x?: string; y?: string }[] };
    const [first, second] = other.keys;
    writeFileSync(
      join(folder, 'jwks.json'),
      JSON.stringify({
        keys: other.keys.map((key) => ({ ...key, x: second?.x, y: second?.y })),
      }),
    );
    expect(first?.x).not.toBe(second?.x);
    expect(await run(args, io())).toBe(1);
    expect(error).toContain('[signature_invalid]');
  });

  test.each([
    [
      'an event was changed',
      "UPDATE audit_events SET body = replace(body, 'demo|ann', 'demo|eve') WHERE id = 'evt_3'",
      'leaf 3 is not the hash of its event evt_3 [leaf_mismatch]',
    ],
    [
      'an event was removed',
      'PRAGMA foreign_keys = OFF; DELETE FROM audit_events ' + "WHERE id = 'evt_1'",
      'the event evt_1 of leaf 1 is gone [event_missing]',
    ],
    [
      'a leaf was removed',
      'DELETE FROM audit_leaves WHERE idx = 2',
      'leaf 2 is missing, 3 follows [index_gap]',
    ],
    ['the end was removed', 'DELETE FROM audit_leaves WHERE idx = 4', '[log_truncated]'],
    [
      'a root was changed',
      'UPDATE audit_checkpoints SET at = at + 1 WHERE size = 4',
      'at at size 4 is not as signed [checkpoint_altered]',
    ],
  ])('reports that %s, and exits with 1', async (_what, sql, message) => {
    tamper(sql);
    expect(await run(viaConfig, io())).toBe(1);
    expect(error).toContain('The audit log does NOT verify');
    expect(error).toContain(message);
    expect(out).toBe('');
  });

  describe('without the right to write', () => {
    const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
    // Permissions do not bind root.
    const someone = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const inChild = () =>
      spawnSync(
        process.execPath,
        [main, 'audit', 'verify', '--sqlite', join(folder, 'data.db'), '--jwks', 'jwks.json'],
        { ...someone, cwd: folder, env: { NODE_COMPILE_CACHE: '/nonexistent' }, encoding: 'utf8' },
      );
    const lock = () => {
      for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444);
      chmodSync(folder, 0o555);
    };
    afterEach(() => chmodSync(folder, 0o755));

    test('verifies a file in a folder that is read-only, and leaves nothing there', () => {
      const before = readdirSync(folder);
      lock();
      expect(inChild()).toMatchObject({ status: 0, stdout: expect.stringContaining('5 events') });
      expect(readdirSync(folder)).toEqual(before);
    });

    test('reads the commits in the WAL of a read-only copy of a running service', async () => {
      const live = join(folder, 'live.db');
      cpSync(join(folder, 'data.db'), live);
      const store = await openStore(
        { kind: 'sqlite', path: live },
        { clock: systemClock, log: silentLogger },
      );
      await store.commit({ id: 'chg_late', at: 9, events: [eventOf('evt_late')] });
      for (const end of ['', '-wal']) cpSync(`${live}${end}`, join(folder, `data.db${end}`));
      await store.close();
      lock();
      const { status, stderr } = inChild();
      expect(stderr).toContain('1 events have no leaf yet');
      expect(status).toBe(0);
    });
  });

  test('finds that the newest events were cut off with their leaves and checkpoints', async () => {
    const path = join(folder, 'data.db');
    const store = await openStore(
      { kind: 'sqlite', path },
      { clock: systemClock, log: silentLogger },
    );
    const keys = await createKeys({ store, secret: SECRET, clock: systemClock });
    const asked = request();
    const { id: requestId, digest, workflow, workflowVersion } = asked;
    const data = { digest, workflow, workflowVersion };
    await store.commit(submission(asked, { events: [storedEvent({ requestId, data })] }));
    const { turn, letGo } = sealTurn({ ...sealer, store, keys });
    await turn();
    await letGo();
    await store.close();
    expect(await run(viaConfig, io())).toBe(0);
    tamper(`
      PRAGMA foreign_keys = OFF;
      DELETE FROM audit_events WHERE request_id = '${requestId}';
      DELETE FROM audit_leaves WHERE idx = 5;
      DELETE FROM audit_checkpoints WHERE size = 6;
      UPDATE audit_frontier SET size = 5`);
    error = '';
    expect(await run(viaConfig, io())).toBe(1);
    expect(error).toContain(
      `request 1 (${requestId}) has no event of its submission [request_unrecorded]`,
    );
  });

  test.each([
    [
      'a waiting mark was taken away',
      "INSERT INTO audit_events VALUES ('evt_9', 0, 'keys.rotated', NULL, '{}')",
      'event evt_9 (keys.rotated) has no leaf and does not wait for one [event_outside]',
    ],
    [
      'an event has a leaf and waits for another',
      "INSERT INTO audit_pending VALUES ('evt_2')",
      'event evt_2 has leaf 2 and waits for another [event_waits_twice]',
    ],
  ])('reports that %s', async (_what, sql, message) => {
    tamper(sql);
    expect(await run(viaConfig, io())).toBe(1);
    expect(error).toContain(message);
  });

  describe('a request', () => {
    /** Two requests with their events, the first as `tamper` leaves it. */
    beforeEach(async () => {
      const store = await openStore(
        { kind: 'sqlite', path: join(folder, 'data.db') },
        { clock: systemClock, log: silentLogger },
      );
      for (const asked of [request(), request()]) {
        const { id: requestId, digest, workflow, workflowVersion } = asked;
        const data = { digest, workflow, workflowVersion };
        await store.commit(submission(asked, { events: [storedEvent({ requestId, data })] }));
      }
      const keys = await createKeys({ store, secret: SECRET, clock: systemClock });
      const { turn, letGo } = sealTurn({ ...sealer, store, keys });
      while ((await turn()) === 0);
      await letGo();
      await store.close();
      expect(await run(viaConfig, io())).toBe(0);
    });
    const denied = (id: string) => `
      INSERT INTO audit_events
        SELECT '${id}', at, 'request.denied', request_id,
          json_set(body, '$.id', '${id}', '$.type', 'request.denied')
        FROM audit_events WHERE request_id = (SELECT id FROM requests WHERE number = 1);
      UPDATE requests SET state = 'denied', progress = json_set(progress, '$.state', 'denied')
        WHERE number = 1;`;

    test.each([
      [
        'a forged event with a leaf below the tree',
        `${denied('evt_f')} INSERT INTO audit_leaves VALUES (-1, 'evt_f', 'x')`,
        'event evt_f (request.denied) has leaf -1, which no tree has [event_outside]',
      ],
      ['a forged event without an id', denied(''), 'is denied, its events say pending'],
      [
        'a number that no list reads',
        'UPDATE requests SET number = 9223372036854775807 WHERE number = 1',
        'which is gone [request_missing]',
      ],
      [
        'the texts of another request',
        `UPDATE requests SET asked = (SELECT asked FROM requests WHERE number = 2),
          progress = (SELECT progress FROM requests WHERE number = 2) WHERE number = 1`,
        'is not what its digest was made of [request_differs]',
      ],
      [
        'another state in the column that lists use',
        "UPDATE requests SET state = 'cancelled' WHERE number = 1",
        'is cancelled, its events say pending [request_unrecorded]',
      ],
      [
        'a text that is no JSON',
        "UPDATE requests SET asked = 'x' WHERE number = 1",
        'the next request below number 2 is no request: Unexpected token',
      ],
      [
        'a missing plan',
        "UPDATE requests SET asked = json_set(asked, '$.plan', NULL) WHERE number = 1",
        'request 1 (',
      ],
    ])('is not hidden by %s', async (_what, sql, message) => {
      tamper(`PRAGMA foreign_keys = OFF; ${sql}`);
      expect(await run(viaConfig, io())).toBe(1);
      expect(error).toContain(message);
    });
  });

  test('exits with 1 when the keys are encrypted under another secret', async () => {
    expect(await run(viaConfig, io({ SIGNING_SECRET: 't'.repeat(48) }))).toBe(1);
    expect(error).toContain('The audit log could not be read');
  });

  test.each([
    [[]],
    [['--sqlite', 'data.db']],
    [['--sqlite', 'other.db', '--jwks', 'jwks.json']],
    [['--config', 'countersign.yaml', '--known', '5:short']],
    [['--nonsense']],
    [['--sqlite', 'data.db', '--jwks', 'missing.json']],
  ])('%j is wrong usage and exits with 2', async (args) => {
    expect(await run(args, io())).toBe(2);
    expect(out).toBe('');
    expect(error).toContain('Usage: countersign audit verify');
  });
});

describe('a witness', () => {
  const viaConfig = ['--config', 'witnessed.yaml'];
  const accept = (...more: string[]) =>
    runCommandLine(['audit', 'accept', '--config', 'witnessed.yaml', ...more], io());
  const witness = () => join(folder, 'witness.txt');
  /** Cuts the log back to four events, without a trace in the database. */
  const cut = () =>
    tamper(`
      PRAGMA foreign_keys = OFF;
      DELETE FROM audit_events WHERE id = 'evt_4';
      DELETE FROM audit_leaves WHERE idx = 4;
      DELETE FROM audit_checkpoints WHERE size = 5;
      DELETE FROM audit_frontier`);

  beforeEach(() => {
    const section = 'audit: { origin: northwind/log, witness: { kind: file, path: witness.txt } }';
    const yaml = YAML.replace('audit: { origin: northwind/log }', section);
    writeFileSync(join(folder, 'witnessed.yaml'), yaml);
    const database = new DatabaseSync(join(folder, 'data.db'));
    const rows = database.prepare('SELECT jws FROM audit_checkpoints ORDER BY size').all();
    database.close();
    writeFileSync(witness(), rows.map(({ jws }) => `${String(jws)}\n`).join(''));
  });

  test('finds a cut that the database alone does not show', async () => {
    expect(await run(viaConfig, io())).toBe(0);
    cut();
    expect(await run(['--config', 'countersign.yaml'], io())).toBe(0);
    expect(await run(viaConfig, io())).toBe(1);
    expect(error).toMatch(/witness.txt speaks of 5 leaves, there are 4 \[log_truncated\]/);
  });

  test('its copy, one of its lines or an answer of the API is enough', async () => {
    const line = readFileSync(witness(), 'utf8').trimEnd().split('\n').at(-1) ?? '';
    writeFileSync(join(folder, 'answer.json'), JSON.stringify({ size: 5, jws: line }));
    const base = ['--sqlite', 'data.db', '--jwks', 'jwks.json', '--known'];
    const known = ['witness.txt', line, 'answer.json', `5:${root}`];
    for (const one of known) expect(await run([...base, one], io())).toBe(0);
    cut();
    for (const one of known) {
      error = '';
      expect(await run([...base, one], io())).toBe(1);
      expect(error).toContain('speaks of 5 leaves, there are 4 [log_truncated]');
    }
  });

  test('only lines count that are signed by this log for this origin', async () => {
    const lines = readFileSync(witness(), 'utf8');
    const forged = Buffer.from(JSON.stringify({ size: 99, root, origin: 'northwind/log' }));
    writeFileSync(witness(), `${lines}e30.${forged.toString('base64url')}.AAAA\n`);
    expect(await run(viaConfig, io())).toBe(0);
    expect(error).toMatch(/warning: 1 lines of .* are no checkpoint of this log/);
    const other = ['--sqlite', 'data.db', '--jwks', 'jwks.json', '--origin', 'other/log'];
    expect(await run([...other, '--known', 'witness.txt'], io())).toBe(1);
    const refused =
      /^error: \d+ lines of witness.txt are no checkpoint of this log \[known_unverified\]/m;
    expect(error).toMatch(refused);
  });

  test('a witness that cannot be read is an error', async () => {
    rmSync(witness());
    mkdirSync(witness());
    expect(await run(viaConfig, io())).toBe(1);
    expect(error).toContain('[witness_unread]');
  });

  test('audit accept records a restore, and the log verifies from then on', async () => {
    cut();
    expect(await accept()).toBe(2);
    expect(await accept('--reason', 'The backup of Tuesday')).toBe(0);
    expect(out).toBe('Accepted 4 leaves; the witness knew 5.\n');
    error = '';
    expect(await run(viaConfig, io())).toBe(0);
    expect(error).toContain('says that a restore to 4 leaves was accepted [restore_accepted]');
    const database = new DatabaseSync(join(folder, 'data.db'));
    const [event] = database
      .prepare("SELECT body FROM audit_events WHERE type = 'audit.accepted'")
      .all();
    database.close();
    expect(JSON.parse(String(event?.['body']))).toMatchObject({
      actor: null,
      data: { reason: 'The backup of Tuesday', size: 4, witness: { size: 5, root } },
    });
    expect(await accept('--reason', 'again')).toBe(1);
    expect(error).toContain('nothing to accept');
  });

  test('a copy of an accepted restore does not excuse a later cut', async () => {
    cut();
    expect(await accept('--reason', 'The backup of Tuesday')).toBe(0);
    const accepted = readFileSync(witness(), 'utf8').trimEnd().split('\n').at(-1) ?? '';
    cpSync(join(folder, 'data.db'), join(folder, 'restored.db'));
    const path = join(folder, 'data.db');
    const store = await openStore(
      { kind: 'sqlite', path },
      { clock: systemClock, log: silentLogger },
    );
    const keys = await createKeys({ store, secret: SECRET, clock: systemClock });
    const { turn, letGo } = sealTurn({ ...sealer, store, keys });
    while ((await turn()) === 0);
    await letGo();
    const { jws = '' } = (await store.lastCheckpoint()) ?? {};
    await store.close();
    writeFileSync(witness(), `${jws}\n${accepted}\n`, { flag: 'a' });
    expect(await run(viaConfig, io())).toBe(0);
    for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    cpSync(join(folder, 'restored.db'), path);
    error = '';
    expect(await run(viaConfig, io())).toBe(1);
    expect(error).toContain('witness.txt');
  });

  test('audit accept without a configured witness is wrong usage', async () => {
    const args = ['audit', 'accept', '--config', 'countersign.yaml', '--reason', 'why'];
    expect(await runCommandLine(args, io())).toBe(2);
    expect(error).toContain('audit.witness is not configured');
  });
});

describe('an export', () => {
  const page = readFileSync(
    new URL('../../../docs/how-to/verify-the-audit-log.md', import.meta.url),
    'utf8',
  );
  const check = () =>
    spawnSync(process.execPath, ['check-export.mjs', 'log.jsonl', 'jwks.json'], {
      cwd: folder,
      encoding: 'utf8',
    });

  beforeEach(async () => {
    const script = /```js\n(import { createHash, createPublicKey[\s\S]*?)```/.exec(page)?.[1] ?? '';
    writeFileSync(join(folder, 'check-export.mjs'), script);
    expect(await runCommandLine(['audit', 'export', '--sqlite', 'data.db'], io())).toBe(0);
    writeFileSync(join(folder, 'log.jsonl'), out);
  });

  test('holds the stored bytes, and the script of the page verifies it', () => {
    const database = new DatabaseSync(join(folder, 'data.db'));
    const rows = database.prepare('SELECT id, body FROM audit_events ORDER BY id').all();
    database.close();
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines.slice(0, 5)).toEqual(
      rows.map(({ id, body }, index) => expect.objectContaining({ index, eventId: id, body })),
    );
    expect(lines[5]).toMatchObject({ size: 5, root });
    expect(check()).toMatchObject({ status: 0, stdout: `5 leaves, root ${root}: as signed\n` });
  });

  test.each([
    ['an event', (text: string) => text.replace('demo|ann', 'demo|eve')],
    ['a missing leaf', (text: string) => text.split('\n').slice(1).join('\n')],
  ])('the script finds %s that was changed', (_what, change) => {
    writeFileSync(join(folder, 'log.jsonl'), change(out));
    expect(check()).toMatchObject({ status: 1, stdout: expect.stringContaining('NOT as signed') });
  });

  test('fails where the log is not whole', async () => {
    tamper('DELETE FROM audit_leaves WHERE idx = 2');
    expect(await runCommandLine(['audit', 'export', '--sqlite', 'data.db'], io())).toBe(1);
    expect(error).toContain('leaf 2 is missing');
  });
});
