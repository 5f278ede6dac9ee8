import { refuse } from '../../../src/domain/refusal.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import { readActivity } from '../../../src/teams/inbound/activity.ts';
import type { DecideInput, DecideResult } from '../../../src/usecases/ports/app.ts';
import { pendingRequest } from '../../support/builders.ts';
import { approvedRequest, CHANNEL, startBot, startWire } from './world.ts';

const pending = pendingRequest();
const CARD = 'application/vnd.microsoft.card.adaptive';
const MESSAGE = 'application/vnd.microsoft.activity.message';

let wire: LocalConnector;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

/** An approver's click that brings a token. */
function press() {
  const data = { r: pending.id, rev: 1, d: pending.digest };
  const activity = readActivity(
    wire.activity({
      personId: 'amara',
      chatId: CHANNEL,
      replyToId: 'card-1',
      with: {
        name: 'adaptiveCard/action',
        value: {
          action: { type: 'Action.Execute', verb: 'approve', data },
          trigger: 'manual',
          authentication: { id: 'exchange-7', connectionName: 'countersign', token: 'good' },
        },
      },
    }),
  );
  if (!activity) throw new Error('the activity has no shape');
  return activity;
}

test.each<[string, DecideResult, object]>([
  [
    'is answered where it came so',
    { kind: 'decided', request: approvedRequest(), decision: null },
    { type: CARD, value: { state: 'approved', version: 2 } },
  ],
  [
    'is forgotten where it did not',
    { kind: 'refused', request: pending, refusal: refuse('role_missing', 'No.').refusal },
    { type: MESSAGE, value: 'No.' },
  ],
  [
    'is made anew where it came otherwise',
    { kind: 'decided', request: { ...approvedRequest(), version: 3 }, decision: null },
    { type: CARD, value: { state: 'approved', version: 3 } },
  ],
])('a card that was made ready while the store wrote %s', async (_how, result, body) => {
  const ahead =
    result.kind === 'decided' && result.request.version === 2 ? result.request : approvedRequest();
  const { teams, calls } = startBot(wire, {
    handlers: {
      decideRequest: (input: DecideInput) => {
        input.foreseen?.(ahead);
        return Promise.resolve(result);
      },
    },
  });
  const answer = await teams.handle(press());
  expect(answer).toMatchObject({ status: 200, body: { statusCode: 200, ...body } });
  const views = calls.filter(({ name }) => name === 'refreshFor').length;
  expect(views).toBe(result.kind === 'decided' && result.request !== ahead ? 2 : 1);
});
