import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/run.ts';
import { sha256 } from '../../src/lib/hash.ts';
import { eventually } from '../../src/local/find.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  DEPLOYMENT,
  api,
  askByApi,
  askInChat,
  eventuallyIn,
  openForm,
  personalChat,
  personToken,
  placeInChannel,
  press,
} from '../support/people-at-work.ts';
import type { Asked } from '../support/people-at-work.ts';
import { ENGINE } from '../support/world-database.ts';

const REASON = 'Refunds of the Lindqvist account are wrong';
const DENIAL = 'Amara says not on a Friday';

let world: LocalWorld;
let applied: Asked;
let denied: Asked;

const personOf = (id: string) => {
  const found = world.people.find((person) => person.id === id);
  if (!found) throw new Error(`${id} is nobody`);
  return found;
};
const keyOf = (id: string) => `local|${personOf(id).tid}|${personOf(id).oid}`;

/** Runs the command line as Ingrid's shell. */
async function run(...words: string[]) {
  const written = { out: '', err: '' };
  const exit = await runCommandLine(words, {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    env: { ...world.env, COUNTERSIGN_CONFIG: world.configPath, COUNTERSIGN_URL: world.url },
    cwd: world.home,
  });
  return { exit, ...written };
}

const show = async ({ number }: Asked) =>
  (await run('audit', 'show', String(number), '--profile', 'local')).out;

async function erase(personId: string) {
  await writeFile(join(world.home, 'token'), await personToken(world, 'ingrid'));
  return run('erase', personOf(personId).oid, '--reason', 'left', '--token-file', 'token');
}

/** Where a text stands: tables of the database, and files of SQLite. */
async function placesOf(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const table of await world.database.tables()) {
    const rows = JSON.stringify(await world.database.rows(`SELECT * FROM ${table}`));
    if (rows.includes(text)) found.push(table);
  }
  if (ENGINE !== 'sqlite') return found;
  for (const name of await readdir(world.home)) {
    if (!name.startsWith('countersign.db')) continue;
    const bytes = await readFile(join(world.home, name));
    if (bytes.includes(text)) found.push(name);
  }
  return found;
}

beforeAll(async () => {
  world = await startWorld();
  personOf('ingrid').roles.push('administrator');
  const form = await openForm(world, 'mia', 'request deploy-production');
  expect(form).toBeDefined();
  applied = await askByApi(world, 'mia', { ...DEPLOYMENT, reason: REASON });
  await press(world, 'amara', {
    place: await placeInChannel(world, applied.number),
    verb: 'approve',
  });
  await eventuallyIn(world, applied.id, 'applied');
  const chat = await askInChat(world, 'mia', {
    command: 'request deploy-production',
    inputs: { service: 'checkout', version: '4.2.1', window: '1h', reason: REASON },
  });
  denied = chat;
  await press(world, 'amara', {
    place: await placeInChannel(world, denied.number),
    verb: 'deny',
    inputs: { 'reason:stage-1': DENIAL },
  });
  await eventuallyIn(world, denied.id, 'denied');
});
afterAll(() => world?.stop());

test('is for administrators alone', async () => {
  const body = { person: personOf('mia').oid, reason: 'left' };
  const { status, body: problem } = await api(world, '/v1/people/erase', { as: 'amara', body });
  expect([status, problem['code']]).toEqual([403, 'not_administrator']);
});

test('refuses a name that identifies nobody', async () => {
  for (const person of ['Mia Lindqvist', 'version']) {
    const body = { person, reason: 'left' };
    const { status, body: problem } = await api(world, '/v1/people/erase', { as: 'ingrid', body });
    expect([status, problem['code']]).toEqual([422, 'body_invalid']);
  }
});

test('is refused with the numbers of requests that have not ended', async () => {
  const open = await askByApi(world, 'mia', DEPLOYMENT);
  const body = { person: personOf('mia').oid, reason: 'left' };
  const refused = await api(world, '/v1/people/erase', { as: 'ingrid', body });
  expect([refused.status, refused.body['code']]).toEqual([409, 'person_in_use']);
  expect(refused.body['detail']).toContain(String(open.number));
  expect(await erase('mia')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('[person_in_use]'),
  });
  await api(world, `/v1/requests/${open.id}/cancel`, { as: 'mia', body: {} });
});

test('audit show keeps a reason on the line of its event, without control characters', async () => {
  const reason = 'x\n2026-01-01T00:00:00.000Z  request.approved\u001b[2J\u2028';
  const asked = await askByApi(world, 'tomasz', {
    ...DEPLOYMENT,
    fields: { ...DEPLOYMENT.fields, version: '9.9.9' },
    reason,
  });
  const lines = (await show(asked)).trimEnd().split('\n');
  const told = 'x 2026-01-01T00:00:00.000Z  request.approved [2J';
  expect(lines[0]).toContain(`request.submitted  by Tomasz Zieliński  deploy-production  ${told}`);
  expect(lines.filter((line) => !/ (request\.submitted|card\.posted)( |$)/.test(line))).toEqual([]);
});

test('leaves no name, reason or identifier of the requester anywhere', async () => {
  const { oid, mri, name } = personOf('mia');
  const chatId = personalChat(world, 'mia');
  const plain = [name, oid, mri, REASON, keyOf('mia'), DEPLOYMENT.fields.version];
  for (const text of plain) expect([text, await placesOf(text)]).not.toEqual([text, []]);
  expect(await show(applied)).toContain('Mia Lindqvist');
  expect(await erase('mia')).toMatchObject({
    exit: 0,
    out: 'Erased (keys destroyed: 1, requests overwritten: 3).\n',
  });
  // Unkeyed, the hash of an identifier tells whoever knows the identifier that the person was here.
  for (const text of [...plain, chatId, sha256(chatId)]) {
    expect([text, await placesOf(text)]).toEqual([text, []]);
  }
});

test('leaves no name, reason or identifier of the approver anywhere', async () => {
  const { oid, mri, name } = personOf('amara');
  const plain = [name, oid, mri, DENIAL, keyOf('amara')];
  for (const text of plain) expect([text, await placesOf(text)]).not.toEqual([text, []]);
  expect(await show(denied)).toContain(DENIAL);
  expect(
    await api(world, '/v1/people/erase', {
      as: 'ingrid',
      body: { person: oid, reason: 'left' },
    }),
  ).toMatchObject({ status: 200, body: { requests: 2, keys: 1 } });
  for (const text of plain) expect([text, await placesOf(text)]).toEqual([text, []]);
});

test('audit show tells the story with (erased) in place of names', async () => {
  const story = await show(denied);
  expect(story).toMatch(/request\.submitted {2}by \(erased\) {2}deploy-production/);
  expect(story).toMatch(/request\.decided {2}by \(erased\) {2}.*deny/);
  expect(story).not.toMatch(/Mia|Amara|Friday/);
});

test('the log verifies with the published keys', async () => {
  const { exit, report } = await eventually('all events sealed', async () => {
    const verified = await world.database.verify(world.url);
    return verified.report.unsealed === 0 && verified;
  });
  expect([exit, report.problems]).toEqual([0, []]);
});

test('who comes back is somebody new, and can ask again', async () => {
  const asked = await askByApi(world, 'mia', DEPLOYMENT);
  expect(await show(asked)).toContain('Mia Lindqvist');
  expect(await show(applied)).not.toContain('Mia Lindqvist');
});

test('no error is logged', () => {
  expect(world.logged.filter(({ level }) => level === 'error')).toEqual([]);
});
