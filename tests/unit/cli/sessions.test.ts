import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import type { StoredSession } from '../../../src/usecases/ports/session-store.ts';
import { configText, edited, exampleEnv, workflowText } from '../config/support.ts';
import { cli, folder } from './support.ts';
import { eventsIn, recorded } from '../../support/events.ts';

const STORE = 'kind: sqlserver\n  connectionString: ${env:COUNTERSIGN_SQLSERVER}';
const TENANT = '7f0a9d52-3c41-4f86-9a1e-5b2d8c64e013';
const AMARA = '33f6d812-74ca-4e50-9029-8c312dae4f53';
const KENJI = '4407e923-85db-4f61-913a-9d423ebf5064';

let dir: ReturnType<typeof folder>;
let store: Store;
beforeEach(async () => {
  const config = edited(configText, STORE, 'kind: sqlite\n  path: countersign.db');
  dir = folder({ 'countersign.yaml': config });
  mkdirSync(join(dir.path, 'workflows'));
  writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
  store = await openSqliteStore({
    path: join(dir.path, 'countersign.db'),
    clock: systemClock,
    log: silentLogger,
  });
});
afterEach(async () => {
  await store.close();
  dir.remove();
});

const run = (...args: string[]) =>
  cli([...args, '--config', 'countersign.yaml'], { cwd: dir.path, env: exampleEnv });

async function started(objectId: string) {
  const session: StoredSession = {
    id: `ses_${objectId}`,
    tenantId: TENANT,
    objectId,
    provider: 'entra',
    principal: `entra|public|${TENANT}|${objectId}`,
    generation: 1,
    createdAt: 1,
    usedAt: 1,
    endsAt: 9e15,
    encrypted: 'jwe',
    encryptedWith: 'key',
  };
  await store.startSession(session, recorded({ type: 'session.started' }));
}

const left = async () => {
  const found = await Promise.all(
    [AMARA, KENJI].map((objectId) =>
      store.findSession({ tenantId: TENANT, objectId, provider: 'entra' }),
    ),
  );
  return found.flatMap((one) => (one ? [one.objectId] : []));
};

describe('countersign session revoke', () => {
  beforeEach(async () => {
    await started(AMARA);
    await started(KENJI);
  });

  test.each([
    ['an object id', AMARA.toUpperCase()],
    ['tenant and object id', `${TENANT}/${AMARA}`],
    ['a principal', `entra|public|${TENANT}|${AMARA}`],
  ])('ends the sessions of a person by %s while the service runs', async (_name, person) => {
    expect(await run('session', 'revoke', '--person', person)).toMatchObject({
      code: 0,
      out: 'Ended 1 session.\n',
    });
    expect(await left()).toEqual([KENJI]);
    const ended = eventsIn(await store.unsealedEvents(10)).filter(
      ({ type }) => type === 'session.ended',
    );
    expect(ended.map(({ data }) => data['reason'])).toEqual(['revoked']);
  });

  test('ends the sessions of everybody', async () => {
    const ran = await run('session', 'revoke', '--all', '--json');
    expect(JSON.parse(ran.out)).toEqual({ ended: 2 });
    expect(await left()).toEqual([]);
  });

  test('reports a person who has no session as a failure', async () => {
    const nobody = ['--person', AMARA.replace('33f', '00f')];
    expect(await run('session', 'revoke', ...nobody)).toEqual({
      code: 1,
      out: '',
      err: 'Nobody with this id has a session: check --person.\n',
    });
    expect((await run('session', 'revoke', ...nobody, '--json')).code).toBe(1);
    expect(await left()).toEqual([AMARA, KENJI]);
  });

  test.each([
    ['neither --person nor --all', []],
    ['both', ['--all', '--person', AMARA]],
    ['an invalid id', ['--person', 'Amara Okafor']],
    ['too many parts', ['--person', 'a/b/c']],
  ])('%s is wrong usage and ends no session', async (_name, args) => {
    expect((await run('session', 'revoke', ...args)).code).toBe(2);
    expect(await left()).toEqual([AMARA, KENJI]);
  });
});

test.each([
  ['session', 'revoke', '--all'],
  ['keys', 'rotate'],
])('countersign %s %s does not create a missing database', async (...args) => {
  const config = edited(configText, STORE, 'kind: sqlite\n  path: elsewhere.db');
  writeFileSync(join(dir.path, 'countersign.yaml'), config);
  expect(await run(...args)).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/^Nothing was changed: .*there is no database at .*elsewhere\.db/),
  });
  expect(existsSync(join(dir.path, 'elsewhere.db'))).toBe(false);
});

test('countersign keys rotate makes another key each time and records it', async () => {
  const ran = [await run('keys', 'rotate', '--json'), await run('keys', 'rotate', '--json')];
  const keys = ran.map(({ out }) => (JSON.parse(out) as { key: string }).key);
  expect(new Set(keys).size).toBe(2);
  expect((await store.listKeys('stored-secrets')).map(({ id }) => id)).toEqual(keys);
  const rotated = eventsIn(await store.unsealedEvents(10)).filter(
    ({ type }) => type === 'keys.rotated',
  );
  expect(rotated.map(({ data }) => [data['before'], data['key']])[1]).toEqual(keys);
});
