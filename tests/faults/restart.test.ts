import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../../src/compose/compose.ts';
import type { Service } from '../../src/compose/lifecycle.ts';
import { loadConfig } from '../../src/compose/load-config.ts';
import type { Config } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { eventually } from '../../src/local/find.ts';
import { startLocalParts } from '../../src/local/profile.ts';
import type { LocalParts } from '../../src/local/profile.ts';
import {
  api,
  askByPipeline,
  eventuallyIn,
  placeInChannel,
  press,
  readRequest,
  textAt,
} from '../support/people-at-work.ts';

let home: string;
let world: LocalParts;
let service: Service;

const start = async (change: (config: Config) => Config = (config) => config) => {
  const { config } = loadConfig({ path: world.configPath, env: world.env, profile: 'local' });
  service = await compose(change(config), { log: silentLogger });
  await service.start();
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-restart-'));
  world = await startLocalParts({ home });
  await start();
  await world.connector.install();
});
afterAll(async () => {
  await service?.stop();
  await world?.stop();
  await rm(home, { recursive: true, force: true });
});

const called = (id: string) =>
  world.target.deliveries.filter(({ webhookId }) => webhookId.includes(id)).length;

test('a graceful stop answers a waiting pipeline, whose wait token is valid afterwards', async () => {
  const { id, number, waitToken } = await askByPipeline(world);
  const place = await placeInChannel(world, number);
  const path = `/v1/requests/${id}/wait?timeoutSeconds=60`;
  const waiting = api(world, path, { token: waitToken }).then(
    ({ status }) => status,
    // The connection may end instead: the client asks again in both cases.
    () => 0,
  );
  // Long enough for the call to reach the service.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stoppedAt = systemClock.now();
  await service.stop();
  expect([0, 200, 503]).toContain(await waiting);
  expect(systemClock.now() - stoppedAt).toBeLessThan(5_000);
  await start();
  const again = api(world, path, { token: waitToken });
  expect(await press(world, 'kenji', { place, verb: 'approve' })).toMatchObject({ kind: 'card' });
  expect((await again).body).toMatchObject({ id, state: 'applied' });
  await eventually('applied on the card', () => /Applied/.test(textAt(world, 'rafael', place)));
});

test('a changed executor does not execute what was approved before the change', async () => {
  const { id, number } = await askByPipeline(world);
  const place = await placeInChannel(world, number);
  await service.stop();
  await start((config) => {
    const { 'deploy-webhook': webhook } = config.executors;
    if (!webhook) throw new Error('the executor is gone');
    const url = `${String(webhook.section['url'])}?environment=production`;
    const other = { ...webhook, section: { ...webhook.section, url } };
    return { ...config, executors: { 'deploy-webhook': other } };
  });
  await press(world, 'kenji', { place, verb: 'approve' });
  const request = await eventuallyIn(world, id, 'failed');
  expect(request).toMatchObject({ outcome: { code: 'executor_changed' } });
  await eventually('failed on the card', () => /Failed/.test(textAt(world, 'rafael', place)));
  expect(called(id)).toBe(0);
  await service.stop();
  await start();
});

test('a changed workflow applies to new requests; old ones keep their plan', async () => {
  const old = await askByPipeline(world);
  const place = await placeInChannel(world, old.number);
  await service.stop();
  await start((config) => ({
    ...config,
    workflows: config.workflows.map((workflow) => ({
      ...workflow,
      version: 'another',
      stages: workflow.stages.map((stage) => ({ ...stage, quorum: 2 })),
    })),
  }));
  const fresh = await askByPipeline(world);
  const other = await placeInChannel(world, fresh.number);
  expect((await readRequest(world, fresh.id))['stages']).toMatchObject([
    { seats: { filled: 0, of: 2 } },
  ]);
  await press(world, 'kenji', { place, verb: 'approve' });
  await press(world, 'kenji', { place: other, verb: 'approve' });
  await eventuallyIn(world, old.id, 'applied');
  expect(await readRequest(world, fresh.id)).toMatchObject({ state: 'pending' });
  expect([called(old.id), called(fresh.id)]).toEqual([1, 0]);
});
