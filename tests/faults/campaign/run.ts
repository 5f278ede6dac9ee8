import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../../src/local/find.ts';
import type { Cluster } from './cluster.ts';
import { createFaultInjector } from './faults.ts';
import { ask, click, clickOn } from './people.ts';
import type { ClickAnswer } from './people.ts';
import { planSchedule, planSingle } from './plan.ts';
import type { PlannedRequest, PlanOptions } from './plan.ts';
import { seeded } from './seeded.ts';
import { isQuiet, isSettled, judge } from './verdict.ts';
import type { Findings, Tracked } from './verdict.ts';

/** The result of a campaign. */
export interface Report extends Findings {
  readonly schedules: number;
  readonly decisions: number;
  readonly kills: number;
  /** Copies of cards that were unknown (their poster was killed) until somebody clicked them. */
  readonly adopted: number;
}

export interface CampaignOptions {
  readonly plan: PlanOptions;
  /** The time limit for the post of a card, and for settling at the end (ms). */
  readonly patienceMs: number;
  readonly log: (line: string) => void;
}

interface Campaign extends CampaignOptions {
  readonly cluster: Cluster;
  readonly tracked: Tracked[];
}

/** Runs schedules one after the other for `seconds`, then waits until everything is settled. */
export async function playSchedules(
  cluster: Cluster,
  options: CampaignOptions & { seconds: number },
): Promise<Report> {
  const campaign: Campaign = { ...options, cluster, tracked: [] };
  const injector = createFaultInjector(cluster);
  const endsAt = systemClock.now() + options.seconds * 1_000;
  let schedules = 0;
  while (systemClock.now() < endsAt) {
    const schedule = planSchedule(schedules, options.plan);
    options.log(`schedule ${schedules}: ${JSON.stringify(schedule)}`);
    await Promise.all([
      ...schedule.requests.map((planned, at) => decide(campaign, planned, `s${schedules}-${at}`)),
      ...schedule.faults.map((fault) => injector.inject(fault)),
    ]);
    schedules += 1;
  }
  return { schedules, kills: injector.kills(), ...(await settle(campaign)) };
}

/** Runs `requests` requests, each with one decision, while processes are killed one at a time. */
export async function playMany(
  cluster: Cluster,
  options: CampaignOptions & { requests: number; atOnce: number },
): Promise<Report> {
  const campaign: Campaign = { ...options, cluster, tracked: [] };
  const injector = createFaultInjector(cluster);
  let next = 0;
  let over = false;
  const person = async () => {
    while (next < options.requests) {
      const index = next;
      next += 1;
      await decide(campaign, planSingle(index, options.plan), `m${index}`);
      if (index % 100 === 99) {
        options.log(`${index + 1} asked and decided, ${injector.kills()} kills`);
      }
    }
  };
  const killing = injector.killOn(seeded(options.plan.seed), () => over);
  killing.catch(() => undefined);
  try {
    await Promise.all(Array.from({ length: options.atOnce }, person));
  } finally {
    over = true;
  }
  await killing;
  return { schedules: 1, kills: injector.kills(), ...(await settle(campaign)) };
}

/** One request from the submission to the answers to all its clicks. */
async function decide(campaign: Campaign, planned: PlannedRequest, key: string): Promise<void> {
  const { cluster, tracked } = campaign;
  const { room, target } = planned;
  await sleep(planned.afterMs);
  const { id, number } = await ask(cluster, { room, target, key });
  const answers: ClickAnswer[] = [];
  tracked.push({ id, number, target, answers });
  const copy = await eventually(
    `the card of request ${number}`,
    () => cluster.board.copies(number)[0],
    campaign.patienceMs,
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

/** Waits until no jobs are left, then checks the results. */
async function settle(
  campaign: Campaign,
): Promise<Findings & { decisions: number; adopted: number }> {
  const { cluster, tracked, patienceMs, log } = campaign;
  log('waiting until all is settled');
  await quiet(campaign);
  const adopted = await pressStrays(campaign);
  if (adopted > 0) await quiet(campaign);
  await eventually(
    'the audit log is sealed',
    async () => (await cluster.store.unsealedEvents(1)).length === 0,
    patienceMs,
  ).catch(() => undefined);
  const findings = await judge(cluster, tracked);
  const decisions = tracked.reduce((sum, { answers }) => sum + answers.length, 0);
  return { ...findings, decisions, adopted };
}

/** Waits for the jobs; the verdict reports jobs that are left after the time limit. */
async function quiet({ cluster, patienceMs }: Campaign): Promise<void> {
  const endsAt = systemClock.now() + patienceMs;
  while (systemClock.now() < endsAt && !(await isQuiet(cluster))) await sleep(100);
}

/**
 * Clicks unknown copies, as people do. A process that is killed after Teams accepted a card and
 * before its id was stored leaves such a copy; it settles at the first click.
 */
async function pressStrays({ cluster, tracked }: Campaign): Promise<number> {
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
