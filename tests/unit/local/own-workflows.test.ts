import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonOr } from '../../../src/lib/strict-json.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { actionOf, cardOf, eventually, textOfCard } from '../../../src/local/find.ts';
import { readOwnWorkflows, withLocalIssuer } from '../../../src/local/own/own-workflows.ts';
import { readPeople } from '../../../src/local/own/people-file.ts';
import { startLocalProfile } from '../../../src/local/profile.ts';
import type { LocalProfile } from '../../../src/local/profile.ts';
import { freePorts } from '../../support/free-ports.ts';
import { folder } from '../cli/support.ts';

const ROTATE = `workflow: rotate-key
title: Rotate a key
fields: [{ id: key, type: text, required: true }]
request: { roles: [engineer] }
stages:
  - { name: Owner, roles: [key-owner], where: { claim: costCenter, equals: $requester.costCenter } }
notify: { channel: key-rotations }
execute: { use: vault }
`;

const PUBLISH = `workflow: publish
title: Publish a package
request:
  workloads:
    - { issuer: gitlab, project_id: '42', ref_protected: 'true' }
stages: [{ name: Release, roles: [releaser], quorum: 2 }]
notify: { channel: releases }
execute: { use: registry }
`;

const PEOPLE = `people:
  - { id: ana, name: Ana Ruiz, roles: [engineer], claims: { costCenter: 'K7' } }
  - { id: ben, name: Ben Oduya, roles: [key-owner], claims: { costCenter: 'K9' } }
  - { id: chloe, name: Chloe Tran, roles: [key-owner], claims: { costCenter: 'K7' } }
`;

let home: ReturnType<typeof folder>;
let profile: LocalProfile | undefined;

beforeEach(() => {
  home = folder({ 'people.yaml': PEOPLE });
  mkdirSync(join(home.path, 'mine'));
  writeFileSync(join(home.path, 'mine', 'rotate-key.yaml'), ROTATE);
  writeFileSync(join(home.path, 'mine', 'publish.yaml'), PUBLISH);
});
afterEach(async () => {
  await profile?.stop();
  profile = undefined;
  home.remove();
});

async function start({ people }: { people: boolean }): Promise<LocalProfile> {
  profile = await startLocalProfile({
    home: join(home.path, 'home'),
    port: await freePorts(5),
    own: readOwnWorkflows(join(home.path, 'mine')),
    ...(people ? { people: readPeople(join(home.path, 'people.yaml')) } : {}),
    overrides: { log: silentLogger },
  });
  return profile;
}

function channel({ connector }: LocalProfile, personId: string, title: string): string {
  const found = connector.chats(personId).find((chat) => chat.title === title);
  if (found === undefined) throw new Error(`no channel ${title}`);
  return found.id;
}

test("plays a person's own workflow with their own people, on the profile's own target", async () => {
  const world = await start({ people: true });
  const { connector, target } = world;
  const chat = connector.chats('ana').find(({ kind }) => kind === 'personal')?.id ?? '';
  await connector.say('ana', chat, 'request rotate-key key=payments');
  const form = await eventually('the form', () =>
    connector.messages('ana', chat).findLast((one) => actionOf(cardOf(one), 'submit')),
  );
  const sent = await connector.click({
    personId: 'ana',
    chatId: chat,
    messageId: form.id,
    action: actionOf(cardOf(form), 'submit') ?? {},
    inputs: { key: 'payments', reason: 'Leaked' },
  });
  expect(sent.kind).toBe('card');
  const room = channel(world, 'ben', 'key-rotations');
  const card = () => connector.messages('ben', room).find((one) => cardOf(one) !== undefined);
  const posted = await eventually('the card', card);
  const press = (personId: string) =>
    connector.click({
      personId,
      chatId: room,
      messageId: posted.id,
      action: actionOf(cardOf(posted), 'approve') ?? {},
    });
  const refused = await press('ben');
  expect(refused).toMatchObject({ kind: 'message', text: expect.stringContaining('costCenter') });
  expect((await press('chloe')).kind).toBe('card');
  await eventually('the execution', () => /applied/i.test(textOfCard(cardOf(card()))));
  expect(target.deliveries.map(({ body }) => jsonOr(body['data'])['workflow'])).toEqual([
    'rotate-key',
  ]);
  expect(Object.keys(world.config.executors).sort()).toEqual(['registry', 'vault']);
});

test('the demo pipeline may make requests of own workflows, whatever issuer their rules name', async () => {
  const world = await start({ people: true });
  const token = await world.provider.workloadToken();
  const answer = await fetch(`${world.url}/v1/requests`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'idempotency-key': 'one',
    },
    body: JSON.stringify({ workflow: 'publish', fields: {} }),
  });
  expect([answer.status, await answer.json()]).toEqual([
    201,
    expect.objectContaining({ workflow: 'publish', state: 'pending' }),
  ]);
});

test('a role that nobody has is given to as many made-up people as its largest quorum', async () => {
  const world = await start({ people: false });
  const names = (role: string) =>
    world.people.filter(({ roles }) => roles.includes(role)).map(({ id }) => id);
  expect(names('releaser')).toEqual(['role-releaser-1', 'role-releaser-2']);
  expect(names('engineer')).toEqual(['role-engineer']);
  expect(world.people.map(({ id }) => id)).toContain('mia');
});

test('only the issuer of a workload rule is replaced, in its place', () => {
  expect(withLocalIssuer(PUBLISH)).toBe(PUBLISH.replace('gitlab', 'local'));
  expect(withLocalIssuer(ROTATE)).toBe(ROTATE);
});
