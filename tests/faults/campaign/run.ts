import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../../src/local/find.ts';
import type { Cluster } from './cluster.ts';
import { mischiefFor } from './faults.ts';
import { ask, click, clickOn } from './people.ts';
import type { ClickAnswer } from './people.ts';
import { planSchedule, planSingle } from './plan.ts';
import type { PlannedRequest, PlanOptions } from './plan.ts';
import { seeded } from './seeded.ts';
import { isQuiet, isSettled, judge } from './verdict.ts';
import type { Findings, Tracked } from './verdict.ts';

/** What came of a campaign. */
export interface Report extends Findings {
  readonly schedules: number;
  readonly decisions: number;
  readonly kills: number;
  /** Copies of cards that nobody knew of (their poster was killed) until somebody clicked them. */
  readonly adopted: number;
}

export interface CampaignOptions {
  readonly plan: PlanOptions;
  /** How long a card may take to be posted, and all to settle in the end (ms). */
  readonly patienceMs: number;
  readonly log: (line: string) => void;
}

interface Under extends CampaignOptions {
  readonly cluster: Cluster;
  readonly tracked: Tracked[];
}

/** Plays schedules one after the other for so long, then waits until all is settled. */
export async function playSchedules(
  cluster: Cluster,
  options: CampaignOptions & { seconds: number },
): Promise<Report> {
  const under: Under = { ...options, cluster, tracked: [] };
  const mischief = mischiefFor(cluster);
  const endsAt = systemClock.now() + options.seconds * 1_000;
  let schedules = 0;
  while (systemClock.now() < endsAt) {
    const schedule = planSchedule(schedules, options.plan);
    options.log(`schedule ${schedules}: ${JSON.stringify(schedule)}`);
    await Promise.all([
      ...schedule.requests.map((planned, at) => decide(under, planned, `s${schedules}-${at}`)),
      ...schedule.faults.map((fault) => mischief.carryOut(fault)),
    ]);
    schedules += 1;
  }
  return { schedules, kills: mischief.kills(), ...(await settle(under)) };
}

/** So many requests, decided by one person each, while one process after the other is killed. */
export async function playMany(
  cluster: Cluster,
  options: CampaignOptions & { requests: number; atOnce: number },
): Promise<Report> {
  const under: Under = { ...options, cluster, tracked: [] };
  const mischief = mischiefFor(cluster);
  let next = 0;
  let over = false;
  const person = async () => {
    while (next < options.requests) {
      const index = next;
      next += 1;
      await decide(under, planSingle(index, options.plan), `m${index}`);
      if (index % 100 === 99) {
        options.log(`${index + 1} asked and decided, ${mischief.kills()} kills`);
      }
    }
  };
  const killing = mischief.killOn(seeded(options.plan.seed), () => over);
  killing.catch(() => undefined);
  try {
    await Promise.all(Array.from({ length: options.atOnce }, person));
  } finally {
    over = true;
  }
  await killing;
  return { schedules: 1, kills: mischief.kills(), ...(await settle(under)) };
}

/** One request from the asking to the answers of all its clicks. */
async function decide(under: Under, planned: PlannedRequest, key: string): Promise<void> {
  const { cluster, tracked } = under;
  const { room, target } = planned;
  await sleep(planned.afterMs);
  const { id, number } = await ask(cluster, { room, target, key });
  const answers: ClickAnswer[] = [];
  tracked.push({ id, number, target, answers });
  const copy = await eventually(
    `the card of request ${number}`,
    () => cluster.board.copies(number)[0],
    under.patienceMs,
  );
  await Promise.all(
    planned.clicks.map(async ({ by, verb, afterMs, times }, at) => {
      await sleep(afterMs);
      const activity = await clickOn(cluster, { copy, by, verb, key: `${key}-${at}` });
      const clicks = Array.from({ length: times }, () => click(cluster, activity));
      answers.push(...(await Promise.all(clicks)));
    }),
  );
}

/** Waits until nothing is left to do, then judges. */
async function settle(under: Under): Promise<Findings & { decisions: number; adopted: number }> {
  const { cluster, tracked, patienceMs, log } = under;
  log('waiting until all is settled');
  await quiet(under);
  const adopted = await pressStrays(under);
  if (adopted > 0) await quiet(under);
  await eventually(
    'the audit log is sealed',
    async () => (await cluster.store.unsealedEvents(1)).length === 0,
    patienceMs,
  ).catch(() => undefined);
  const findings = await judge(cluster, tracked);
  const decisions = tracked.reduce((sum, { answers }) => sum + answers.length, 0);
  return { ...findings, decisions, adopted };
}

/** Jobs that are left when patience ends are reported by the verdict. */
async function quiet({ cluster, patienceMs }: Under): Promise<void> {
  const endsAt = systemClock.now() + patienceMs;
  while (systemClock.now() < endsAt && !(await isQuiet(cluster))) await sleep(100);
}

/**
 * A process that is killed between Teams' taking a card and writing where it is leaves a copy that
 * nobody knows of. It settles when somebody clicks it, which is what people do with such a card.
 */
async function pressStrays({ cluster, tracked }: Under): Promise<number> {
  let adopted = 0;
  for (const { id, number } of tracked) {
    const stored = await cluster.store.loadWithCards(id);
    const request = stored?.request;
    const known = new Set(stored?.cards.map(({ activityId }) => activityId));
    for (const copy of cluster.board.copies(number)) {
      if (!request || isSettled(copy, request) || known.has(copy.messageId)) continue;
      const key = `stray-${copy.messageId}`;
      await click(cluster, await clickOn(cluster, { copy, by: 'amara', verb: 'approve', key }));
      adopted += 1;
    }
  }
  return adopted;
}
