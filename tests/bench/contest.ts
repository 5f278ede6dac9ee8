import type { Child } from './child.ts';
import { fire, median, quantile } from './load.ts';
import type { Measured, Shot } from './load.ts';

/** One line of results; the fields that users' programs rely on, then what explains them. */
export interface Result {
  readonly name: string;
  /** Ours through the baseline's requests per second: the median of the rounds. */
  readonly ratio: number;
  readonly baseline: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly baselineP99Ms: number;
  readonly [more: string]: unknown;
}

export const BASELINE = 'botbuilder CloudAdapter.process';
export const CLIENTS = 16;
/**
 * Requests before the clock runs: after a thousand a tenth of the time is still V8's compiling, for
 * days of serving. Rounds are short and many, so that both sides meet the same moods of a machine.
 */
export const WARM_UP = 4_000;
const ROUND = 400;
const ROUNDS = 21;
/** Shots that a side with fresh ones needs. */
export const SHOTS = WARM_UP + ROUNDS * ROUND;

/** The shots of a round out of those of a whole run; round -1 is the warm-up. */
export function shotsOf(shots: readonly Shot[], round: number): readonly Shot[] {
  const from = WARM_UP + round * ROUND;
  return round < 0 ? shots.slice(0, WARM_UP) : shots.slice(from, from + ROUND);
}

/** One side of a contest. `check` throws unless an answer is what it should be. */
export interface Side {
  readonly server: { readonly url: string; readonly child: Child };
  readonly status: number;
  /** The shots of a round; -1 is the warm-up. */
  shots(round: number): readonly Shot[];
  check(answer: string): void;
}

/** A round, with the processor time (all threads) that the server spent on each request. */
interface Round extends Measured {
  readonly cpuMs: number;
}

/** Both sides' rounds, and the ratio of each pair. */
export interface Contest {
  readonly ours: readonly Round[];
  readonly theirs: readonly Round[];
  readonly ratios: readonly number[];
}

/**
 * Lets both sides warm up, then measures them in turn (A B A B), so that a machine that slows down
 * slows both. The answers are checked after each round, outside of its time.
 */
export async function contest(sides: { ours: Side; theirs: Side }): Promise<Contest> {
  const ours: Round[] = [];
  const theirs: Round[] = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const mine = await run(sides.ours, round);
    const other = await run(sides.theirs, round);
    if (round < 0) continue;
    ours.push(mine);
    theirs.push(other);
  }
  const ratios = ours.map((mine, round) => mine.perSecond / (theirs[round]?.perSecond ?? NaN));
  return { ours, theirs, ratios };
}

async function run({ server, status, ...side }: Side, round: number): Promise<Round> {
  const { url: origin, child } = server;
  const shots = side.shots(round);
  const before = Number(await child.ask('cpu'));
  const measured = await fire({ origin, status, shots, clients: CLIENTS });
  const cpuMs = (Number(await child.ask('cpu')) - before) / shots.length;
  measured.answers.forEach((answer) => side.check(answer));
  return { ...measured, cpuMs };
}

/** The figures of a contest. */
export function resultOf(name: string, { ours, theirs, ratios }: Contest): Result {
  const mine = latencies(ours);
  const other = latencies(theirs);
  return {
    name,
    ratio: rounded(median(ratios)),
    baseline: BASELINE,
    p50Ms: rounded(quantile(mine, 0.5)),
    p99Ms: rounded(quantile(mine, 0.99)),
    baselineP99Ms: rounded(quantile(other, 0.99)),
    baselineP50Ms: rounded(quantile(other, 0.5)),
    perSecond: Math.round(median(ours.map((round) => round.perSecond))),
    baselinePerSecond: Math.round(median(theirs.map((round) => round.perSecond))),
    cpuMsEach: rounded(median(ours.map((round) => round.cpuMs))),
    baselineCpuMsEach: rounded(median(theirs.map((round) => round.cpuMs))),
    measured: mine.length,
    ratios: ratios.map(rounded),
    // With the pauses of both sides, which the median of the rounds leaves out.
    ratioOfTotals: rounded(total(theirs) / total(ours)),
  };
}

/** Two digits after the point. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function total(rounds: readonly Measured[]): number {
  return rounds.reduce((seconds, round) => seconds + round.seconds, 0);
}

function latencies(rounds: readonly Measured[]): number[] {
  return rounds.flatMap((round) => [...round.latenciesMs]).sort((one, other) => one - other);
}
