import { readActivity } from '../../../src/teams/inbound/activity.ts';
import type { TeamsActivity } from '../../../src/teams/inbound/activity.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import type { Json } from '../../../src/local/world.ts';
import { demoTenantId } from '../../../src/local/people.ts';
import { NOW, workflow } from '../../support/builders.ts';
import { CHANNEL, mia, startBot, startWire } from './world.ts';

const access = workflow({ id: 'grant-access', title: 'Access' });
const both = [workflow(), access];
const filled = { workflow: 'deploy-production', v: 1, service: 'checkout', reason: 'Release' };
const CARD = 'application/vnd.microsoft.card.adaptive';

let wire: LocalConnector;
let chatId: string;
beforeAll(async () => {
  wire = await startWire();
  chatId = wire.chats('mia').find(({ kind }) => kind === 'personal')?.id ?? '';
});
afterAll(() => wire.stop());

function invoke(name: string, value: Json): TeamsActivity {
  const raw = wire.activity({ personId: 'mia', chatId: CHANNEL, with: { name, value } });
  const read = readActivity(raw);
  if (!read) throw new Error('the activity has no shape');
  return read;
}

const submitted = (data: Json) =>
  invoke('composeExtension/submitAction', { commandId: 'request', data });

const dialog = (content: Json) => ({
  status: 200,
  body: {
    task: {
      type: 'continue',
      value: {
        title: 'New request',
        height: 'medium',
        width: 'medium',
        card: { contentType: CARD, content },
      },
    },
  },
});

/** Microsoft documents no message for a message extension, but another dialog. */
const noted = (note: unknown) => ({
  status: 200,
  body: {
    task: {
      type: 'continue',
      value: {
        title: 'New request',
        height: 'small',
        width: 'medium',
        card: { contentType: CARD, content: { type: 'AdaptiveCard', note } },
      },
    },
  },
});

test('opens a choice, or the form if there is one workflow', async () => {
  const open = invoke('composeExtension/fetchTask', { commandId: 'request' });
  expect(await startBot(wire, { workflows: both }).teams.handle(open)).toEqual(
    dialog({ type: 'AdaptiveCard', choose: ['deploy-production', 'grant-access'] }),
  );
  expect(await startBot(wire).teams.handle(open)).toEqual(
    dialog({
      type: 'AdaptiveCard',
      dialog: 'deploy-production',
      values: {},
      problem: null,
    }),
  );
});

test("ignores another app's command", async () => {
  const other = invoke('composeExtension/fetchTask', { commandId: 'other' });
  expect(await startBot(wire).teams.handle(other)).toEqual({ status: 200 });
});

test("opens the form of a choice, also from a card's button", async () => {
  const form = dialog({
    type: 'AdaptiveCard',
    dialog: 'grant-access',
    values: {},
    problem: null,
  });
  const { teams } = startBot(wire, { workflows: both });
  expect(await teams.handle(submitted({ workflow: 'grant-access' }))).toEqual(form);
  const fetched = invoke('task/fetch', {
    data: { workflow: 'grant-access', msteams: { type: 'task/fetch' } },
  });
  expect(await teams.handle(fetched)).toEqual(form);
});

test('shows a form with a problem again, with its values', async () => {
  const { teams } = startBot(wire, { workflows: both });
  const before = wire.calls().length;
  const answer = await teams.handle(submitted({ ...filled, service: '' }));
  expect(answer).toEqual(
    dialog({
      type: 'AdaptiveCard',
      dialog: 'deploy-production',
      values: { service: '', reason: 'Release' },
      problem: { code: 'field_missing', field: 'service', params: { label: 'service' } },
    }),
  );
  const long = await teams.handle(submitted({ ...filled, reason: 'x'.repeat(2_000) }));
  expect(long).toHaveProperty('body.task.value.card.content.problem', {
    code: 'reason_too_long',
    params: { max: 1_000 },
  });
  expect(wire.calls()).toHaveLength(before);
});

test('posts a valid form to the known chat and requests nothing yet', async () => {
  const { teams, calls } = startBot(wire, {
    workflows: both,
    conversations: [
      {
        key: `person:${demoTenantId}:${mia?.oid}`,
        tenantId: demoTenantId,
        conversationId: chatId,
        serviceUrl: wire.serviceUrl,
        userId: mia?.mri ?? null,
        updatedAt: NOW,
      },
    ],
  });
  expect(await teams.handle(submitted(filled))).toEqual(
    noted('Confirm it in your chat with Countersign: the form is waiting there.'),
  );
  const shown = wire.messages('mia', chatId).at(-1);
  expect(shown?.attachments).toEqual([
    {
      contentType: CARD,
      content: {
        type: 'AdaptiveCard',
        form: 'deploy-production',
        values: { service: 'checkout', reason: 'Release' },
        problem: null,
      },
    },
  ]);
  expect(calls.map(({ name }) => name)).toEqual(['getWorkflow']);
});

test('answers a sender without a directory object with a sentence, not with the form', async () => {
  const { teams, calls } = startBot(wire);
  expect(await teams.handle({ ...submitted(filled), sender: null })).toEqual(
    noted(expect.stringContaining('did not say who you are')),
  );
  expect(calls.map(({ name }) => name)).toEqual(['getWorkflow']);
});

test('opens an unknown chat and stores it', async () => {
  const { teams, calls } = startBot(wire);
  const answer = await teams.handle(invoke('task/submit', { data: filled }));
  expect(answer).toHaveProperty('body.task.type', 'message');
  expect(
    wire
      .calls()
      .slice(-2)
      .map(({ method, path, body }) => ({ method, path, body })),
  ).toEqual([
    {
      method: 'POST',
      path: '/teams/v3/conversations',
      body: expect.objectContaining({
        isGroup: false,
        members: [{ id: mia?.oid, name: '' }],
        tenantId: demoTenantId,
        channelData: { tenant: { id: demoTenantId } },
      }),
    },
    {
      method: 'POST',
      body: expect.anything(),
      path: `/teams/v3/conversations/${encodeURIComponent(chatId)}/activities`,
    },
  ]);
  expect(calls.at(-1)).toEqual({
    name: 'rememberConversation',
    input: {
      kind: 'person',
      tenantId: demoTenantId,
      id: mia?.oid,
      conversationId: chatId,
      serviceUrl: wire.serviceUrl,
      userId: mia?.mri,
    },
  });
});

test('asks a person without the app to add it, and keeps what the form holds', async () => {
  const { teams } = startBot(wire);
  wire.fail({ status: 403 });
  expect(await teams.handle(submitted(filled))).toEqual(
    dialog({
      type: 'AdaptiveCard',
      dialog: 'deploy-production',
      values: { service: 'checkout', reason: 'Release' },
      problem: null,
      message: 'Add the Countersign app for yourself first, then send the form again.',
    }),
  );
});

test('answers that nothing can be requested with a dialog', async () => {
  const { teams } = startBot(wire, { workflows: [] });
  const open = invoke('composeExtension/fetchTask', { commandId: 'request' });
  expect(await teams.handle(open)).toEqual(noted('There is nothing to request yet.'));
  expect(await teams.handle(invoke('task/fetch', { data: {} }))).toEqual({
    status: 200,
    body: { task: { type: 'message', value: 'There is nothing to request yet.' } },
  });
});
