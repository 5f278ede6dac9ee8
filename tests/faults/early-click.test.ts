import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../src/local/find.ts';
import { APPROVALS, startLocalParts } from '../../src/local/profile.ts';
import type { LocalParts } from '../../src/local/profile.ts';
import type { Message } from '../../src/local/world.ts';
import { query } from '../support/audit-rows.ts';
import {
  askByPipeline,
  cardsOf,
  eventuallyIn,
  placeInChannel,
  press,
  pressActivity,
  readRequest,
  signedOn,
  textAt,
} from '../support/people-at-work.ts';
import { serviceProcess } from '../support/service-process.ts';
import type { ServiceProcess } from '../support/service-process.ts';

// A card is visible before the service that posts it gets its id; a quick person may click it then.
let home: string;
let file: string;
let world: LocalParts;
let service: ServiceProcess;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-early-'));
  file = join(home, 'countersign.db');
  world = await startLocalParts({ home });
  service = serviceProcess({
    configPath: world.configPath,
    env: world.env,
    leaseMs: 5_000,
    cache: join(home, 'compiled'),
  });
  await service.start();
  await world.connector.install();
});
afterAll(async () => {
  await service?.stop();
  await world?.stop();
  await rm(home, { recursive: true, force: true });
});

/**
 * Posts to the service from another process while this one, which simulates Teams, is blocked: the
 * message is visible by then, and the service does not have its id yet.
 */
function postMeanwhile(body: unknown, token: string): unknown {
  const script = `
    const [url, token] = process.argv.slice(1);
    const body = require('node:fs').readFileSync(0, 'utf8');
    const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + token };
    fetch(url, { method: 'POST', headers, body }).then((answer) => answer.text())
      .then((text) => process.stdout.write(text));`;
  const { stdout } = spawnSync(
    process.execPath,
    ['-e', script, `${world.url}/api/messages`, token],
    { input: JSON.stringify(body), encoding: 'utf8', timeout: 60_000 },
  );
  return JSON.parse(stdout);
}

test("a click before the service has the card's id leaves one card, which settles", async () => {
  // One request first, so that the service has fetched all keys from others.
  const warm = await askByPipeline(world);
  const warmPlace = await placeInChannel(world, warm.number);
  await press(world, 'amara', { place: warmPlace, verb: 'approve' });
  await eventuallyIn(world, warm.id, 'applied');

  const token = await world.connector.channelToken();
  const value = await signedOn(world, 'amara', 'early');
  let answer: unknown;
  const stopListening = world.connector.listen('rafael', ({ type, message }) => {
    if (type !== 'message' || answer !== undefined) return;
    answer = postMeanwhile(clickOn(message, value), token);
  });
  const { id, number } = await askByPipeline(world);
  const place = await placeInChannel(world, number);
  stopListening();
  expect(answer).toMatchObject({
    statusCode: 200,
    type: 'application/vnd.microsoft.card.adaptive',
  });
  await eventuallyIn(world, id, 'applied');
  await eventually('applied on the card', () => /Applied/.test(textAt(world, 'rafael', place)));
  await eventually(
    'no jobs left',
    () =>
      query(file, "SELECT key FROM jobs WHERE kind <> 'expire' AND about_id = ?", id).length === 0,
  );
  expect(cardsOf(world.connector.messages('rafael', APPROVALS), number)).toHaveLength(1);
  expect((await readRequest(world, id))['stages']).toMatchObject([{ decisions: [{}] }]);
  expect(service.errors()).toBe('');
});

function clickOn(message: Message, value: Record<string, unknown>) {
  const place = { chatId: APPROVALS, messageId: message.id };
  return pressActivity(world, 'amara', { place, verb: 'approve', value });
}
