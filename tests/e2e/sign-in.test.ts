import { actionOf, eventually, textOfCard } from '../../src/local/find.ts';
import type { ClickResult, Json } from '../../src/local/world.ts';
import { auditRowsOf } from '../support/world-database.ts';
import { movableClock, startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  askByPipeline,
  cardAt,
  eventuallyIn,
  placeInChannel,
  press,
  pressActivity,
  readRequest,
  signedOn,
  textAt,
} from '../support/people-at-work.ts';
import type { Place } from '../support/people-at-work.ts';
import { browser } from '../unit/local/browser.ts';

const TEN_MINUTES_MS = 600_000;

const TWO_HEADS = `
workflow: two-heads
title: Two heads
fields: []
request: { workloads: [{ issuer: local, repository: contoso/checkout }] }
stages:
  - { name: Heads, roles: [approver], quorum: 2 }
notify: { channel: approvals }
execute: { use: deploy-webhook }
`;

const clock = movableClock();
let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld({ overrides: { clock }, workflows: { 'two-heads': TWO_HEADS } });
  world.connector.singleSignOn = false;
});
afterAll(async () => {
  await world?.stop();
});

interface Asked {
  readonly id: string;
  readonly number: number;
  readonly place: Place;
}

async function asked(): Promise<Asked> {
  const { id, number } = await askByPipeline(world);
  return { id, number, place: await placeInChannel(world, number) };
}

const everywhere = () => browser('http://127.0.0.1:');

/** The link of the sign-in button in the answer to a click without proof. */
function linkOf(result: ClickResult): string {
  if (result.kind !== 'signIn') throw new Error(`no sign-in: ${JSON.stringify(result)}`);
  return result.url;
}

/** Opens the link in a browser and chooses a person at the provider; returns the last page. */
async function signIn(link: string, personId: string, agent = everywhere()) {
  const page = await agent.follow(link);
  expect(page.text).toContain('Who are you today?');
  const form = new URL(/action="([^"]+)"/.exec(page.text)?.[1] ?? '', page.url).href;
  return agent.follow(form, { person: personId });
}

function codeOn(page: { text: string }): string {
  const code = /data-code="(\d{8})"/.exec(page.text)?.[1];
  if (code === undefined) throw new Error(`no code on: ${page.text.slice(0, 2_000)}`);
  return code;
}

/** The whole sign-in: click, button, provider, code. */
async function codeFor(personId: string, place: Place, verb = 'approve'): Promise<string> {
  const link = linkOf(await press(world, personId, { place, verb }));
  return codeOn(await signIn(link, personId));
}

const untouched = async (id: string) =>
  expect(await readRequest(world, id)).toMatchObject({ state: 'pending', version: 1 });

test("the button and the provider's page lead to a code, and the code decides", async () => {
  const { id, place } = await asked();
  const link = linkOf(await press(world, 'amara', { place, verb: 'approve' }));
  expect(link).toMatch(new RegExp(`^${world.url}/auth/start\\?link=`));
  const agent = everywhere();
  const page = await agent.once(link);
  expect([page.status, page.location]).toEqual([200, undefined]);
  const start = await agent.once(link, {});
  expect(start.status).toBe(303);
  const asking = new URL(start.location ?? '');
  expect(asking.origin).toBe(world.provider.issuer);
  expect(Object.fromEntries(asking.searchParams)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    state: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
    redirect_uri: `${world.url}/auth/callback`,
  });
  expect([...agent.jar.keys()]).toEqual(['__Host-countersign-signin']);
  const who = await agent.follow(start.location ?? '');
  const form = new URL(/action="([^"]+)"/.exec(who.text)?.[1] ?? '', who.url).href;
  const end = await agent.follow(form, { person: 'amara' });
  expect(end).toMatchObject({ status: 200, url: expect.stringContaining('/auth/callback?') });
  expect(agent.jar.has('__Host-countersign-signin')).toBe(false);
  // A sign-in decides nothing: the person's own activity must bring the code.
  await untouched(id);
  const result = await press(world, 'amara', { place, verb: 'approve', state: codeOn(end) });
  expect(result).toMatchObject({ kind: 'card' });
  await eventuallyIn(world, id, 'applied');
  const decided = (await auditRowsOf(world, id)).find(({ type }) => type === 'request.decided');
  const { oid, tid } = world.people.find((person) => person.id === 'amara') ?? {};
  expect(decided?.data).toMatchObject({
    evidence: {
      via: 'teams',
      objectId: oid,
      tenant: tid,
      exchangeId: null,
      roles: ['approver'],
      token: {
        issuer: world.provider.issuer,
        audience: 'countersign',
        acr: 'pwd',
        amr: ['pwd'],
        authTime: expect.any(Number),
        tokenId: expect.any(String),
      },
    },
  });
});

test('stores neither the link nor the state nor the code', async () => {
  const { place } = await asked();
  const link = linkOf(await press(world, 'amara', { place, verb: 'approve' }));
  const secret = new URL(link).searchParams.get('link') ?? '';
  const code = codeOn(await signIn(link, 'amara'));
  const rows = JSON.stringify(await world.database.rows('SELECT * FROM sign_in_links'));
  expect(rows).toContain('"identity":"');
  for (const hidden of [secret, code, 'Okafor']) expect(rows).not.toContain(hidden);
});

test('rejects the code of another person', async () => {
  const { id, place } = await asked();
  const code = await codeFor('amara', place);
  expect(await press(world, 'kenji', { place, verb: 'approve', state: code })).toMatchObject({
    kind: 'signIn',
  });
  await untouched(id);
  // Amara can still use it.
  await press(world, 'amara', { place, verb: 'approve', state: code });
  await eventuallyIn(world, id, 'applied');
});

test('accepts a code once, and answers a repeat of the activity with its result', async () => {
  const first = await asked();
  const code = await codeFor('amara', first.place);
  const activity = pressActivity(world, 'amara', {
    place: first.place,
    verb: 'approve',
    state: code,
  });
  const card = cardAt(world, 'amara', first.place);
  for (const round of ['the first', 'the repeat']) {
    const { body } = await world.connector.post(activity);
    expect({ round, ...(body as Json) }).toMatchObject({ round, statusCode: 200 });
    expect(textOfCard((body as { value: Json }).value)).toContain('Amara Okafor');
  }
  const { body } = await world.connector.post(
    pressActivity(world, 'amara', {
      place: first.place,
      verb: 'approve',
      state: code,
      card,
    }),
  );
  expect(body).toMatchObject({ statusCode: 401 });
  const second = await asked();
  expect(
    await press(world, 'amara', { place: second.place, verb: 'approve', state: code }),
  ).toMatchObject({ kind: 'signIn' });
  await untouched(second.id);
});

test('rejects a code for another request', async () => {
  const [one, other] = [await asked(), await asked()];
  const code = await codeFor('kenji', one.place);
  expect(
    await press(world, 'kenji', { place: other.place, verb: 'approve', state: code }),
  ).toMatchObject({ kind: 'signIn' });
  await untouched(other.id);
  await untouched(one.id);
});

test('opens a link once', async () => {
  const { id, place } = await asked();
  const link = linkOf(await press(world, 'amara', { place, verb: 'approve' }));
  const agent = everywhere();
  await agent.follow(link);
  for (const again of [agent, everywhere()]) {
    const page = await again.follow(link);
    expect(page.status).toBe(400);
    expect(page.text).toContain('sign_in_link_invalid');
  }
  await untouched(id);
});

test('a prefetch of the link does not use it up', async () => {
  const { place } = await asked();
  const link = linkOf(await press(world, 'amara', { place, verb: 'approve' }));
  for (const scanner of [everywhere(), everywhere()]) {
    const page = await scanner.once(link);
    expect([page.status, scanner.jar.size]).toEqual([200, 0]);
  }
  expect((await signIn(link, 'amara')).status).toBe(200);
});

test('rejects a sign-in that ends in another browser than it began', async () => {
  const { id, place } = await asked();
  const link = linkOf(await press(world, 'amara', { place, verb: 'approve' }));
  const agent = browser(world.provider.issuer);
  const page = await agent.follow((await agent.once(link, {})).location ?? '');
  const form = new URL(/action="([^"]+)"/.exec(page.text)?.[1] ?? '', page.url).href;
  const back = await agent.follow(form, { person: 'amara' });
  expect(back.location).toContain('/auth/callback?');
  const stolen = await everywhere().once(back.location ?? '');
  expect(stolen.status).toBe(400);
  expect(stolen.text).toContain('sign_in_other_browser');
  expect(stolen.text).not.toContain('data-code');
  await untouched(id);
});

test('rejects a sign-in as another person than the Teams user', async () => {
  const { id, place } = await asked();
  const link = linkOf(await press(world, 'olu', { place, verb: 'approve' }));
  const page = await signIn(link, 'amara');
  expect(page.status).toBe(400);
  expect(page.text).toContain('sign_in_wrong_person');
  expect(page.text).not.toContain('data-code');
  await untouched(id);
});

test('a cancellation at the provider signs nobody in', async () => {
  const { id, place } = await asked();
  const link = linkOf(await press(world, 'amara', { place, verb: 'approve' }));
  const agent = everywhere();
  const page = await agent.follow(link);
  const form = new URL(/action="([^"]+)"/.exec(page.text)?.[1] ?? '', page.url).href;
  const end = await agent.follow(form, { cancel: '1' });
  expect(end.status).toBe(400);
  expect(end.text).toContain('sign_in_refused');
  await untouched(id);
});

test('refuses a signed-in person without the role', async () => {
  const { id, place } = await asked();
  const code = await codeFor('olu', place);
  expect(await press(world, 'olu', { place, verb: 'approve', state: code })).toEqual({
    kind: 'message',
    text: expect.stringContaining('your token carries no role'),
  });
  await untouched(id);
});

test('counts one person once who proves the identity in both ways', async () => {
  const response = await fetch(`${world.url}/v1/requests`, {
    method: 'POST',
    body: JSON.stringify({ workflow: 'two-heads' }),
    headers: {
      authorization: `Bearer ${await world.provider.workloadToken()}`,
      'content-type': 'application/json',
    },
  });
  const { id, number } = (await response.json()) as { id: string; number: number };
  const place = await placeInChannel(world, number);
  const card = cardAt(world, 'kenji', place);
  const code = await codeFor('kenji', place);
  await press(world, 'kenji', { place, verb: 'approve', state: code });
  const { body } = await world.connector.post(
    pressActivity(world, 'kenji', {
      place,
      verb: 'approve',
      card,
      value: await signedOn(world, 'kenji'),
    }),
  );
  expect(body).toMatchObject({ statusCode: 200 });
  expect(await readRequest(world, id)).toMatchObject({
    state: 'pending',
    version: 2,
    stages: [{ decisions: [{ approver: { name: 'Kenji Watanabe' } }] }],
  });
});

test('rejects and records a single sign-on token of another person', async () => {
  const { id, place } = await asked();
  const { body } = await world.connector.post(
    pressActivity(world, 'olu', {
      place,
      verb: 'approve',
      value: await signedOn(world, 'amara'),
    }),
  );
  expect(body).toMatchObject({
    statusCode: 200,
    type: 'application/vnd.microsoft.activity.message',
    value: expect.stringContaining('belongs to another person'),
  });
  await untouched(id);
  expect((await auditRowsOf(world, id)).at(-1)).toMatchObject({
    type: 'identity.mismatch',
    data: {
      code: 'sso_wrong_person',
      sender: { objectId: world.people.find((person) => person.id === 'olu')?.oid },
    },
  });
});

test('denies the same way', async () => {
  const { id, place } = await asked();
  const code = await codeFor('amara', place, 'deny');
  await press(world, 'amara', {
    place,
    verb: 'deny',
    state: code,
    inputs: { 'reason:stage-1': 'Not now' },
  });
  expect(await readRequest(world, id)).toMatchObject({
    state: 'denied',
    stages: [{ decisions: [{ reason: 'Not now' }] }],
  });
  await eventually('denied', () => /Denied/.test(textAt(world, 'rafael', place)));
  expect(actionOf(cardAt(world, 'rafael', place), 'deny')).toBeUndefined();
});

test('blocks code tries after five wrong ones for ten minutes', async () => {
  const { id, place } = await asked();
  const good = await codeFor('ingrid', place);
  for (let at = 0; at < 5; at += 1) {
    const guess = String((Number(good) + 1 + at) % 100_000_000).padStart(8, '0');
    expect(await press(world, 'ingrid', { place, verb: 'approve', state: guess })).toMatchObject({
      kind: 'signIn',
    });
  }
  expect(await press(world, 'ingrid', { place, verb: 'approve', state: good })).toEqual({
    kind: 'message',
    text: expect.stringContaining('Too many wrong sign-in codes'),
  });
  await untouched(id);
});

// Last, because the clock goes forward.
test('a link and a code expire after ten minutes', async () => {
  const { id, place } = await asked();
  const link = linkOf(await press(world, 'amara', { place, verb: 'approve' }));
  const code = await codeFor('kenji', place);
  clock.advance(TEN_MINUTES_MS);
  const page = await everywhere().follow(link);
  expect(page.status).toBe(400);
  expect(page.text).toContain('sign_in_link_invalid');
  expect(await press(world, 'kenji', { place, verb: 'approve', state: code })).toMatchObject({
    kind: 'signIn',
  });
  await untouched(id);
});
