import { eventually, textOfCard } from '../../src/local/find.ts';
import type { ClickResult } from '../../src/local/world.ts';
import { movableClock, startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByPipeline,
  cardAt,
  eventuallyIn,
  personalChat,
  placeInChannel,
  press,
  readRequest,
} from '../support/people-at-work.ts';
import type { Asked, Place } from '../support/people-at-work.ts';
import { auditRowsOf } from '../support/world-database.ts';
import { browser } from '../unit/local/browser.ts';

const STRICT = `
workflow: strict
title: Strict
fields: []
request: { workloads: [{ issuer: local, repository: contoso/checkout }] }
stages:
  - { name: Heads, roles: [approver], stepUp: { acr: [c1], maxAge: 5m } }
notify: { channel: approvals }
execute: { use: deploy-webhook }
`;

const withSessions = (session: string) => (text: string) =>
  text
    .replace(
      '    clientSecret: ${env:LOCAL_SIGN_IN_SECRET}\n',
      (line) => `${line}    scopes: [openid, profile, offline_access]\n`,
    )
    .replace('identity:\n', `identity:\n  session: ${session}\n`);

let world: LocalWorld;
beforeAll(async () => {
  world = await startWorld({
    workflows: { strict: STRICT },
    config: withSessions('{ idle: 1h, absolute: 4h }'),
  });
  world.connector.singleSignOn = false;
});
afterAll(async () => {
  await world?.stop();
});

async function placed(asked: Asked): Promise<Asked & { place: Place }> {
  return { ...asked, place: await placeInChannel(world, asked.number) };
}

const deployment = async () => placed(await askByPipeline(world));

async function strict() {
  const { body } = await api(world, '/v1/requests', {
    token: await world.provider.workloadToken(),
    body: { workflow: 'strict', fields: {}, reason: 'x' },
  });
  return placed({ id: String(body['id']), number: Number(body['number']) });
}

function linkOf(result: ClickResult): string {
  if (result.kind !== 'signIn') throw new Error(`no sign-in: ${JSON.stringify(result)}`);
  return result.url;
}

/** Signs in by a link as a person; returns the code and the parameters sent to the provider. */
async function signIn(link: string, personId: string) {
  const agent = browser('http://127.0.0.1:');
  const begun = await agent.once(link, {});
  const page = await agent.follow(begun.location ?? '');
  const form = new URL(/action="([^"]+)"/.exec(page.text)?.[1] ?? '', page.url).href;
  const end = await agent.follow(form, { person: personId });
  const code = /data-code="(\d{8})"/.exec(end.text)?.[1];
  if (code === undefined) throw new Error(`no code on: ${end.text.slice(0, 2_000)}`);
  return { code, asked: new URL(begun.location ?? '').searchParams };
}

const click = (place: Place, state?: string) =>
  press(world, 'amara', { place, verb: 'approve', ...(state === undefined ? {} : { state }) });

const evidenceOf = async (id: string) =>
  (await auditRowsOf(world, id)).find(({ type }) => type === 'request.decided')?.data['evidence'];

test('one sign-in proves later clicks until the person signs out', async () => {
  const first = await deployment();
  const { code, asked } = await signIn(linkOf(await click(first.place)), 'amara');
  expect(asked.get('scope')).toBe('openid profile offline_access');
  expect(await click(first.place, code)).toMatchObject({ kind: 'card' });
  await eventuallyIn(world, first.id, 'applied');
  const began = (await evidenceOf(first.id)) as { proof: { sessionId: string } };
  expect(began.proof).toEqual({
    way: 'sign-in',
    verifiedAt: expect.any(Number),
    sessionId: expect.stringMatching(/^ses_/),
  });

  const second = await deployment();
  expect(await click(second.place)).toMatchObject({ kind: 'card' });
  await eventuallyIn(world, second.id, 'applied');
  expect(await evidenceOf(second.id)).toMatchObject({
    proof: { way: 'session', sessionId: began.proof.sessionId },
    roles: ['approver'],
  });

  const chat = personalChat(world, 'amara');
  await world.connector.say('amara', chat, 'sign out');
  await eventually('the answer', () =>
    world.connector
      .messages('amara', chat)
      .some((message) => JSON.stringify(message).includes('You are signed out')),
  );
  const third = await deployment();
  linkOf(await click(third.place));
  expect(await readRequest(world, third.id)).toMatchObject({ state: 'pending' });
  const kinds = await world.database.rows(
    `SELECT type FROM audit_events WHERE type LIKE 'session.%' ORDER BY id`,
  );
  expect(kinds.map(({ type }) => type)).toEqual(['session.started', 'session.ended']);
});

test('a session proves no click of another person', async () => {
  const first = await deployment();
  const { code } = await signIn(linkOf(await click(first.place)), 'amara');
  await click(first.place, code);
  const second = await deployment();
  linkOf(await press(world, 'ingrid', { place: second.place, verb: 'approve' }));
  expect(await readRequest(world, second.id)).toMatchObject({ state: 'pending' });
});

test('a stage with a step-up demand asks for it in spite of the session', async () => {
  const asked = await strict();
  expect(textOfCard(cardAt(world, 'amara', asked.place))).toContain('c1');
  const link = linkOf(await click(asked.place));
  const signed = await signIn(link, 'amara');
  expect(Object.fromEntries(signed.asked)).toMatchObject({ acr_values: 'c1', max_age: '300' });
  expect(await click(asked.place, signed.code)).toMatchObject({ kind: 'card' });
  await eventuallyIn(world, asked.id, 'applied');
  expect(await evidenceOf(asked.id)).toMatchObject({
    proof: { way: 'sign-in' },
    token: { acr: 'c1', authTime: expect.any(Number) },
  });
  // The session now has the stronger sign-in and serves the next such stage while it is recent.
  const next = await strict();
  expect(await click(next.place)).toMatchObject({ kind: 'card' });
  expect(await evidenceOf(next.id)).toMatchObject({
    proof: { way: 'session' },
    token: { acr: 'c1' },
  });
});

test('single sign-on cannot step up: offers the sign-in button alone, without a loop', async () => {
  world.connector.singleSignOn = true;
  try {
    const asked = await strict();
    const result = await press(world, 'kenji', { place: asked.place, verb: 'approve' });
    const { code, asked: wanted } = await signIn(linkOf(result), 'kenji');
    expect(wanted.get('acr_values')).toBe('c1');
    expect(await readRequest(world, asked.id)).toMatchObject({ state: 'pending' });
    const again = { place: asked.place, verb: 'approve', state: code };
    expect(await press(world, 'kenji', again)).toMatchObject({ kind: 'card' });
  } finally {
    world.connector.singleSignOn = false;
  }
});

test('a sign-in by another person at a link shows an error page and is recorded', async () => {
  const asked = await strict();
  const link = linkOf(await press(world, 'ingrid', { place: asked.place, verb: 'approve' }));
  await expect(signIn(link, 'rafael')).rejects.toThrow(/sign_in_wrong_person/);
  const [event] = (await auditRowsOf(world, asked.id)).filter(
    ({ type }) => type === 'identity.mismatch',
  );
  const { oid, tid } = world.people.find(({ id }) => id === 'rafael') ?? {};
  expect(event?.data).toMatchObject({
    code: 'sign_in_wrong_person',
    signedInAs: `local|${tid}|${oid}`,
    sender: { tenantId: tid, objectId: expect.any(String) },
  });
});

describe('claims that are too old', () => {
  // The provider's ID tokens carry the machine's time, so a test clock cannot make a refreshed one
  // newer: the clock goes ahead by most of maxClaimAge, and the test waits for the rest.
  const AHEAD_MS = 21_000;
  const REST_MS = 9_500;
  const clock = movableClock();
  const wait = () =>
    new Promise((resolve) => {
      setTimeout(resolve, REST_MS);
    });
  let before: LocalWorld;
  beforeAll(async () => {
    before = world;
    world = await startWorld({
      config: withSessions('{ idle: 1h, absolute: 4h, maxClaimAge: 30s }'),
      overrides: { clock },
    });
    world.connector.singleSignOn = false;
  });
  afterAll(async () => {
    await world.stop();
    world = before;
  });

  test('are fetched again without a new sign-in, and the new claims decide', async () => {
    const young = await deployment();
    const { code } = await signIn(linkOf(await click(young.place)), 'amara');
    expect(await click(young.place, code)).toMatchObject({ kind: 'card' });
    const began = (await evidenceOf(young.id)) as { proof: { sessionId: string } };
    const { sessionId } = began.proof;

    world.provider.setRoles('amara', ['approver', 'auditor']);
    const within = await deployment();
    expect(await click(within.place)).toMatchObject({ kind: 'card' });
    expect(await evidenceOf(within.id)).toMatchObject({
      proof: { way: 'session', sessionId },
      roles: ['approver'],
    });

    clock.advance(AHEAD_MS);
    await wait();
    const after = await deployment();
    expect(await click(after.place)).toMatchObject({ kind: 'card' });
    expect(await evidenceOf(after.id)).toMatchObject({
      proof: { way: 'refresh', sessionId },
      roles: ['approver', 'auditor'],
    });

    // The refresh token was rotated; the new one returns claims without the role.
    world.provider.setRoles('amara', []);
    await wait();
    const last = await deployment();
    expect(await click(last.place)).not.toMatchObject({ kind: 'signIn' });
    expect(await readRequest(world, last.id, 'kenji')).toMatchObject({ state: 'pending' });
    const refused = (await auditRowsOf(world, last.id)).find(
      ({ type }) => type === 'decision.refused',
    );
    expect(JSON.stringify(refused?.data)).toContain('role_missing');
    const kinds = await world.database.rows(
      `SELECT type FROM audit_events WHERE type LIKE 'session.%' ORDER BY id`,
    );
    expect(kinds.map(({ type }) => type)).toEqual(['session.started']);
  });
});
