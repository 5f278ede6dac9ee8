import type { AppContext } from '../app-context.ts';
import type { OpenedPlace } from '../ports/app.ts';

/** Makes the cards due that Teams refused in a place to which the bot was added now. */
export async function wakeCards(
  { store, clock, signals, log }: AppContext,
  place: OpenedPlace,
): Promise<void> {
  const cards = await store.wakeCards({ ...place, now: clock.now() });
  if (cards === 0) return;
  log.info('the app was added where cards waited: they are posted now', { cards });
  signals.jobsWaiting();
}
