import { eventually, textOfCard, cardOf } from '../../src/local/find.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import { api, askByPipeline, channelMessage, personToken } from '../support/people-at-work.ts';

const REQUESTS = 60;
/** The time that the channel's rate limit needs: each card is posted and may be updated twice. */
const CARDS_WITHIN_MS = 120_000;

let world: LocalWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test(
  'a channel limited to two cards a second delays no execution, and shows every outcome',
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
    await eventually('all requests applied', () => world.target.applied() === REQUESTS);
    const shows = (number: number) => textOfCard(cardOf(channelMessage(world, number)));
    const behind = asked.filter(({ number }) => !shows(number).includes('Applied'));
    // A slow store leaves the cards more time to keep up.
    expect(behind.length).toBeGreaterThan(0);
    await eventually(
      'the outcome on every card',
      () => asked.every(({ number }) => shows(number).includes('Applied')),
      CARDS_WITHIN_MS,
    );
    // No expiry timer is left either.
    const jobs = () => world.service.store.countJobs();
    await eventually('all jobs done', async () => (await jobs()).waiting === 0);
    expect(await jobs()).toMatchObject({ dead: 0 });
    expect(world.connector.calls().filter(({ status }) => status === 429)).toEqual([]);
  },
  3 * CARDS_WITHIN_MS,
);
