/** The recheck of roles and claims before the execution, end to end: session, card, API, log. */
import { eventually } from '../../src/local/find.ts';
import type { ClickResult, Json } from '../../src/local/world.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  askByApi,
  eventuallyIn,
  personalChat,
  placeInChannel,
  press,
  readRequest,
  textAt,
} from '../support/people-at-work.ts';
import type { Asked, Place } from '../support/people-at-work.ts';
import { auditRowsOf } from '../support/world-database.ts';
import { browser } from '../unit/local/browser.ts';

const CAREFUL = `
workflow: careful
title: Careful
fields: []
request: { roles: [developer] }
stages:
  - { name: Head, roles: [approver], where: { claim: department, equals: $requester.department } }
  - { name: Security, roles: [security-lead] }
notify: { channel: approvals }
execute: { use: deploy-webhook, recheckRoles: true }
`;

const config = (text: string) =>
  text
    .replace(
      '    clientSecret: ${env:LOCAL_SIGN_IN_SECRET}\n',
      (line) => `${line}    scopes: [openid, profile, offline_access]\n`,
    )
    .replace('identity:\n', 'identity:\n  session: { idle: 1h, absolute: 4h }\n');

let world: LocalWorld;
beforeAll(async () => {
  world = await startWorld({ workflows: { careful: CAREFUL }, config });
  world.connector.singleSignOn = false;
});
afterEach(async () => {
  await world.connector.say('amara', personalChat(world, 'amara'), 'sign out');
  world.provider.setRoles('amara', ['approver']);
  world.provider.setDepartment('amara', 'Payments');
  world.target.failNext(0, 500);
});
afterAll(() => world?.stop());

/** Presses Approve, and signs in where the click asks for it. */
async function approve(place: Place, personId: string): Promise<void> {
  const click = (state?: string) =>
    press(world, personId, {
      place,
      verb: 'approve',
      ...(state === undefined ? {} : { state }),
    });
  const first = await click();
  const done = first.kind === 'signIn' ? await click(await codeFor(first, personId)) : first;
  expect(done).toMatchObject({ kind: 'card' });
}

async function codeFor(
  { url }: Extract<ClickResult, { kind: 'signIn' }>,
  personId: string,
): Promise<string> {
  const agent = browser('http://127.0.0.1:');
  const begun = await agent.once(url, {});
  const page = await agent.follow(begun.location ?? '');
  const form = new URL(/action="([^"]+)"/.exec(page.text)?.[1] ?? '', page.url).href;
  const end = await agent.follow(form, { person: personId });
  const code = /data-code="(\d{8})"/.exec(end.text)?.[1];
  if (code === undefined) throw new Error(`no code on: ${end.text.slice(0, 2_000)}`);
  return code;
}

/** Approves the first stage as Amara of Payments; Ingrid's stage is open. */
async function half(): Promise<Asked & { place: Place }> {
  const asked = await askByApi(world, 'mia', { workflow: 'careful', fields: {}, reason: 'x' });
  const place = await placeInChannel(world, asked.number);
  await approve(place, 'amara');
  // A sign-in link belongs to one revision: Ingrid's must come from the card that shows her stage.
  await eventually('her approval on the card', () =>
    /Amara Okafor\s*approved/.test(textAt(world, 'ingrid', place)),
  );
  return { ...asked, place };
}

const rechecks = async (id: string, type: string) =>
  (await auditRowsOf(world, id))
    .filter((row) => row.type === type)
    .map(({ data }) => (data['recheck'] as { people: Json[] }).people);
const delivered = (id: string) =>
  world.target.deliveries.filter(({ webhookId }) => webhookId.includes(id)).length;

test('executes with unchanged role and department, and records the recheck', async () => {
  const { id, place } = await half();
  await approve(place, 'ingrid');
  await eventuallyIn(world, id, 'applied');
  expect(await rechecks(id, 'request.applying')).toMatchObject([
    [
      { role: 'approver', found: 'held' },
      { role: 'security-lead', found: 'held' },
    ],
  ]);
});

test('sends nothing after a change of department, and shows why on card, API and log', async () => {
  const { id, place } = await half();
  world.provider.setDepartment('amara', 'Sales');
  await approve(place, 'ingrid');
  const request = await eventuallyIn(world, id, 'failed');
  expect(request['outcome']).toMatchObject({ code: 'claim_changed' });
  const [head] = request['stages'] as { decisions: Json[] }[];
  expect(head?.decisions).toMatchObject([{ recheck: 'lost', stale: true }]);
  await eventually('the reason on the card', () =>
    /department changed since/.test(textAt(world, 'rafael', place)),
  );
  expect(textAt(world, 'rafael', place)).toMatch(/the department Payments and no longer has that/);
  expect((await rechecks(id, 'request.failed'))[0]).toContainEqual(
    expect.objectContaining({ found: 'lost', claim: 'department' }),
  );
  expect(delivered(id)).toBe(0);
});

test('ends as unknown, not as failed, when a role is removed between two tries', async () => {
  const { id, place } = await half();
  world.target.failNext(1_000, 0);
  await approve(place, 'ingrid');
  await eventually(
    'the first try',
    async () => (await rechecks(id, 'request.applying')).length === 1,
  );
  world.provider.setRoles('amara', []);
  const request = await eventuallyIn(world, id, 'unknown');
  expect(request['outcome']).toMatchObject({ code: 'roles_withdrawn' });
  expect((await rechecks(id, 'request.unknown'))[0]).toContainEqual(
    expect.objectContaining({ role: 'approver', found: 'lost' }),
  );
  world.target.failNext(0, 500);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(delivered(id)).toBe(0);
  expect(await readRequest(world, id)).toMatchObject({ state: 'unknown' });
});
