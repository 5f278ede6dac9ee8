import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByApi,
  DEPLOYMENT,
  placeInChannel,
  pressActivity,
  readRequest,
} from '../support/people-at-work.ts';
import { auditRowsOf } from '../support/world-database.ts';

const AGENT = { idtyp: 'user', xms_sub_fct: '13' };

let world: LocalWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world?.stop();
});

const tokenOf = (personId: string, overrides: object) =>
  world.provider.personToken({ personId, audience: 'api', overrides: { ...overrides } });

test('an agent with the role of an approver is refused at the API, and a person is not', async () => {
  const { id } = await askByApi(world, 'mia', DEPLOYMENT);
  const { version: revision, digest } = await readRequest(world, id);
  const body = { word: 'approve', stage: 'stage-1', revision, digest };
  const decide = async (token: string) =>
    api(world, `/v1/requests/${id}/decisions`, { token, body });

  const refused = await decide(await tokenOf('amara', AGENT));
  expect([refused.status, refused.body['code']]).toEqual([403, 'approver_is_agent']);
  const rows = (await auditRowsOf(world, id)).filter(({ type }) => type === 'decision.refused');
  expect(rows).toMatchObject([{ data: { code: 'approver_is_agent', word: 'approve' } }]);

  const elsewhere = await api(world, '/v1/requests/req_00000000000000000000000000/decisions', {
    token: await tokenOf('amara', AGENT),
    body,
  });
  expect([elsewhere.status, elsewhere.body['code']]).toEqual([403, 'approver_is_agent']);

  const counted = await decide(await tokenOf('amara', { idtyp: 'user', xms_sub_fct: '1' }));
  expect([counted.status, counted.body['counted']]).toEqual([200, true]);
});

test('an agent that clicks on the card is told why, and the try is recorded', async () => {
  const { id, number } = await askByApi(world, 'mia', { ...DEPLOYMENT, reason: 'Once more' });
  const token = await world.provider.personToken({
    personId: 'amara',
    audience: 'bot',
    overrides: AGENT,
  });
  const click = pressActivity(world, 'amara', {
    place: await placeInChannel(world, number),
    verb: 'approve',
    value: { authentication: { id: 'exchange-agent', connectionName: 'countersign', token } },
  });
  const { body } = await world.connector.post(click);
  expect(JSON.stringify(body)).toContain('Only people decide');
  expect((await readRequest(world, id))['state']).toBe('pending');
  const rows = (await auditRowsOf(world, id)).filter(({ type }) => type === 'decision.refused');
  expect(rows).toMatchObject([{ data: { code: 'approver_is_agent' } }]);
});

test('an agent does not ask where the workflow does not let agents ask', async () => {
  const asked = await api(world, '/v1/requests', {
    token: await tokenOf('mia', { xms_act_fct: '3 9 11' }),
    body: DEPLOYMENT,
  });
  expect([asked.status, asked.body['code']]).toEqual([403, 'agent_not_allowed']);
});
