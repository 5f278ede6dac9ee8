import { eventually, textOfCard, cardOf } from '../../src/local/find.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import { api, askByPipeline, channelMessage, personToken } from '../support/people-at-work.ts';

const REQUESTS = 60;
/** By the rate limit of the channel: each card is posted and may be updated twice. */
const CARDS_WITHIN_MS = 120_000;

let world: LocalWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test(
  'a channel that takes two cards a second delays no execution, and shows every end',
  async () => {
    const asked: Awaited<ReturnType<typeof askByPipeline>>[] = [];
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
    await eventually('all are applied', () => world.target.applied() === REQUESTS);
    const shows = (number: number) => textOfCard(cardOf(channelMessage(world, number)));
    const behind = asked.filter(({ number }) => !shows(number).includes('Applied'));
    expect(behind.length).toBeGreaterThan(REQUESTS / 3);
    await eventually(
      'every card shows the end',
      () => asked.every(({ number }) => shows(number).includes('Applied')),
      CARDS_WITHIN_MS,
    );
    // The jobs that would end requests in time are left, and no other.
    const jobs = () => world.service.store.countJobs();
    await eventually('all jobs are done', async () => (await jobs()).waiting === REQUESTS);
    expect(await jobs()).toMatchObject({ dead: 0 });
    expect(world.connector.calls().filter(({ status }) => status === 429)).toEqual([]);
  },
  3 * CARDS_WITHIN_MS,
);
