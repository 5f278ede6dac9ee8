import { eventually } from '../../src/local/find.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import { ENGINE } from '../support/world-database.ts';
import { api, askByPipeline, personToken } from '../support/people-at-work.ts';

// A test server that runs T-SQL on another engine is many times slower.
const ON_SERVER = ENGINE === 'sqlserver';
const REQUESTS = ON_SERVER ? 40 : 150;
const WITHIN_MS = ON_SERVER ? 60_000 : 5_000;

let world: LocalWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test(
  'a channel that takes two cards a second does not hold up what was approved',
  async () => {
    const asked = [];
    for (let count = 0; count < REQUESTS; count += 1) asked.push(await askByPipeline(world));
    const token = await personToken(world, 'amara');
    for (const { id, body } of asked) {
      const { status } = await api(world, `/v1/requests/${id}/decisions`, {
        token,
        body: {
          word: 'approve',
          stage: 'stage-1',
          revision: body['version'],
          digest: body['digest'],
        },
      });
      expect(status).toBe(200);
    }
    // By its rate limit the channel is busy for more than a minute.
    await eventually('all are applied', () => world.target.applied() === REQUESTS, WITHIN_MS);
    expect(await world.service.store.countJobs()).toMatchObject({ dead: 0 });
  },
  30_000 + 3 * WITHIN_MS,
);
