import { decodeJwt } from 'jose';
import { eventually, textOfCard } from '../../src/local/find.ts';
import type { Json } from '../../src/local/world.ts';
import { auditRowsOf } from '../support/world-database.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByPipeline,
  askInChat,
  cardAt,
  placeInChannel,
  pressActivity,
  readRequest,
  signedOn,
  textAt,
} from '../support/people-at-work.ts';
import type { Place } from '../support/people-at-work.ts';

const COUNCIL = `
workflow: council
title: The council decides
fields: []
request: { roles: [developer] }
stages:
  - { name: Council, roles: [approver], quorum: 20 }
notify: { channel: approvals }
execute: { use: deploy-webhook }
`;

let world: LocalWorld;

beforeAll(async () => {
  world = await startWorld({ workflows: { council: COUNCIL }, limits: 'off' });
});
afterAll(async () => {
  await world?.stop();
});

/** Clicks of generated people outside the demo, each with a token of the provider. */
async function clicksOf(
  count: number,
  given: { place: Place; card: Json; verb: (index: number) => string },
): Promise<Json[]> {
  const claims = decodeJwt(await world.provider.singleSignOnToken('amara'));
  const clicks: Json[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `Member ${index}`;
    const oid = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const id = `token-${given.place.messageId}-${index}`;
    const token = await world.provider.forge({
      claims: { ...claims, oid, sub: `subject-${index}`, name, jti: id, uti: id },
    });
    const click = pressActivity(world, 'amara', {
      ...given,
      verb: given.verb(index),
      value: { authentication: { id, connectionName: 'countersign', token } },
    });
    clicks.push({ ...click, from: { id: `29:member-${index}`, name, aadObjectId: oid } });
  }
  return clicks;
}

/** Sends all clicks at the same time; each must be answered with a card or a sentence. */
async function atOnce(activities: readonly Json[]): Promise<Json[]> {
  const answers = await Promise.all(activities.map((one) => world.connector.post(one)));
  return answers.map(({ status, body }) => {
    expect({ status, body }).toMatchObject({ status: 200, body: { statusCode: 200 } });
    return body as Json;
  });
}

const decisionsOf = (request: Json) =>
  (request['stages'] as { decisions: Json[] }[]).flatMap(({ decisions }) => decisions);
const appliedFor = (id: string) =>
  world.target.deliveries.filter(({ webhookId }) => webhookId.includes(id));
const rowsOf = async (id: string, type: string) =>
  (await auditRowsOf(world, id)).filter((row) => row.type === type);

const settled = (id: string) =>
  eventually('the end of the request', async () => {
    const request = await readRequest(world, id);
    return ['applied', 'denied', 'cancelled'].includes(String(request['state'])) && request;
  });

test.each([1, 2, 3])(
  'round %i: of 100 concurrent approvals and denials one counts, and each click is answered',
  async (round) => {
    const { id, number } = await askByPipeline(world);
    const place = await placeInChannel(world, number);
    const card = cardAt(world, 'kenji', place);
    const clicks = await clicksOf(100, {
      place,
      card,
      verb: (index) => ((index + round) % 2 === 0 ? 'approve' : 'deny'),
    });
    const answers = await atOnce(clicks);
    const request = await settled(id);
    const decisions = decisionsOf(request);
    expect(decisions).toHaveLength(1);
    const approved = decisions[0]?.['word'] === 'approve';
    expect(request['state']).toBe(approved ? 'applied' : 'denied');
    expect(appliedFor(id)).toHaveLength(approved ? 1 : 0);
    const { name } = decisions[0]?.['approver'] as { name: string };
    for (const { value } of answers) expect(textOfCard(value)).toContain(name);
    expect(await rowsOf(id, 'request.decided')).toHaveLength(1);
    expect(await rowsOf(id, 'decision.refused')).toHaveLength(99);
    await eventually('the final card', () =>
      (approved ? /Applied/ : /Denied/).test(textAt(world, 'rafael', place)),
    );
  },
);

test('of 100 concurrent approvals twenty fill the quorum of twenty, and it is applied once', async () => {
  const { body } = await api(world, '/v1/requests', { as: 'mia', body: { workflow: 'council' } });
  const id = String(body['id']);
  const place = await placeInChannel(world, Number(body['number']));
  const card = cardAt(world, 'kenji', place);
  const clicks = await clicksOf(100, { place, card, verb: () => 'approve' });
  await atOnce(clicks);
  const request = await settled(id);
  expect(request['state']).toBe('applied');
  const keys = decisionsOf(request).map(({ approver }) => (approver as { key: string }).key);
  expect(keys).toHaveLength(20);
  expect(new Set(keys).size).toBe(20);
  expect(appliedFor(id)).toHaveLength(1);
  expect(await rowsOf(id, 'request.decided')).toHaveLength(20);
  expect(await rowsOf(id, 'request.approved')).toHaveLength(1);
  await eventually('the final card', () => /Applied/.test(textAt(world, 'rafael', place)));
});

test('of twenty concurrent clicks of one person on both buttons the first word counts', async () => {
  const { id, number } = await askByPipeline(world);
  const place = await placeInChannel(world, number);
  const clicks = await Promise.all(
    Array.from({ length: 20 }, async (_, at) =>
      pressActivity(world, 'amara', {
        place,
        verb: at % 2 === 0 ? 'approve' : 'deny',
        value: await signedOn(world, 'amara', `exchange-${at}`),
      }),
    ),
  );
  await atOnce(clicks);
  const decisions = decisionsOf(await settled(id));
  expect(decisions).toHaveLength(1);
  expect(await rowsOf(id, 'request.decided')).toHaveLength(1);
  expect(appliedFor(id)).toHaveLength(decisions[0]?.['word'] === 'approve' ? 1 : 0);
});

test.each([1, 2, 3])(
  'round %i: a cancellation during thirty approvals ends as cancelled or as applied, not both',
  async (round) => {
    const {
      id,
      number,
      place: own,
    } = await askInChat(world, 'mia', {
      command: 'request deploy-production service=search version=2.0.0',
    });
    const place = await placeInChannel(world, number);
    const card = cardAt(world, 'kenji', place);
    const clicks = await clicksOf(30, { place, card, verb: () => 'approve' });
    const cancel = pressActivity(world, 'mia', {
      place: own,
      verb: 'cancel',
      value: await signedOn(world, 'mia', `cancel-${round}`),
    });
    clicks.splice(round === 1 ? 0 : round * 2, 0, cancel);
    await atOnce(clicks);
    const request = await settled(id);
    const cancelled = request['state'] === 'cancelled';
    expect(decisionsOf(request)).toHaveLength(cancelled ? 0 : 1);
    expect(appliedFor(id)).toHaveLength(cancelled ? 0 : 1);
    expect(await rowsOf(id, 'request.cancelled')).toHaveLength(cancelled ? 1 : 0);
    for (const [who, at] of [
      ['rafael', place],
      ['mia', own],
    ] as const) {
      await eventually('the end on every copy', () =>
        (cancelled ? /Cancelled/ : /Applied/).test(textAt(world, who, at)),
      );
    }
  },
);

test('the audit log verifies, and no error is logged', async () => {
  expect((await world.database.verify(world.url)).report).toMatchObject({ ok: true });
  expect(world.logged.filter(({ level }) => level === 'error')).toEqual([]);
});
