import { refuse } from '../../../src/domain/refusal.ts';
import { readActivity } from '../../../src/teams/inbound/activity.ts';
import type { TeamsActivity } from '../../../src/teams/inbound/activity.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import type { Json } from '../../../src/local/world.ts';
import { pendingRequest } from '../../support/builders.ts';
import { amara, CHANNEL, startBot, startWire } from './world.ts';

const pending = pendingRequest();
const CARD = 'application/vnd.microsoft.card.adaptive';
const MESSAGE = 'application/vnd.microsoft.activity.message';
const withToken = {
  authentication: { id: 'exchange-7', connectionName: 'countersign', token: 'good' },
};

let wire: LocalConnector;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

function press(data: Json, proof: Json = {}): TeamsActivity {
  const read = readActivity(
    wire.activity({
      personId: 'amara',
      chatId: CHANNEL,
      replyToId: 'card-1',
      with: {
        id: 'act-1',
        name: 'adaptiveCard/action',
        value: {
          action: { type: 'Action.Execute', verb: 'submit', data },
          trigger: 'manual',
          ...proof,
        },
      },
    }),
  );
  if (!read) throw new Error('the activity has no shape');
  return read;
}

describe('submit', () => {
  const data = { workflow: 'deploy-production', v: 1, service: 'checkout', reason: 'Release' };

  test("passes fields and reason to the use case and answers with the request's card", async () => {
    const { teams, calls } = startBot(wire, {
      handlers: {
        submitRequest: () => Promise.resolve({ kind: 'submitted', request: pending }),
      },
    });
    const answer = await teams.handle(press(data, withToken));
    expect(answer.body).toMatchObject({ statusCode: 200, type: CARD, value: { of: 'req_1' } });
    expect(calls.find(({ name }) => name === 'submitRequest')?.input).toEqual({
      workflow: 'deploy-production',
      by: expect.objectContaining({ objectId: amara?.oid }),
      fields: { service: 'checkout' },
      reason: 'Release',
      idempotencyKey: 'teams:act-1',
      teams: {
        sender: expect.objectContaining({ objectId: amara?.oid }),
        exchangeId: 'exchange-7',
        card: expect.objectContaining({ activityId: 'card-1' }),
      },
    });
  });

  test('shows the form again, with its values, for a problem with a field', async () => {
    const { teams } = startBot(wire, {
      handlers: {
        submitRequest: () =>
          Promise.resolve({
            kind: 'refused',
            ...refuse('field_missing', { label: 'Service' }, 'service'),
          }),
      },
    });
    const answer = await teams.handle(press(data, withToken));
    expect(answer.body).toMatchObject({
      statusCode: 200,
      type: CARD,
      value: {
        form: 'deploy-production',
        values: { service: 'checkout', reason: 'Release' },
        problem: { code: 'field_missing', params: { label: 'Service' }, field: 'service' },
      },
    });
  });

  test('answers a person who may not request with a sentence', async () => {
    const { teams } = startBot(wire, {
      handlers: {
        submitRequest: () =>
          Promise.resolve({
            kind: 'refused',
            ...refuse('requester_not_allowed', {
              workflow: 'deploy-production',
              workload: null,
              roles: ['developer', 'lead'],
              held: ['approver'],
            }),
          }),
      },
    });
    expect((await teams.handle(press(data, withToken))).body).toEqual({
      statusCode: 200,
      type: MESSAGE,
      value:
        'Requesting deploy-production needs the role developer or lead; your token carries approver.',
    });
  });

  test('rejects a workflow that is not configured', async () => {
    const { teams } = startBot(wire);
    const answer = await teams.handle(press({ ...data, workflow: 'x' }));
    expect(answer.body).toMatchObject({ statusCode: 400, value: { code: 'workflow_unknown' } });
  });
});
