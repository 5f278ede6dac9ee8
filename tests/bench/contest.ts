import type { Child } from './child.ts';
import { fire, median, quantile } from './load.ts';
import type { Measured, Shot } from './load.ts';

/** A line of results: the fields that other programs rely on, then explanations. */
export interface Result {
  readonly name: string;
  /** Our requests per second divided by the baseline's: the median of the rounds. */
  readonly ratio: number;
  readonly baseline: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly baselineP99Ms: number;
  readonly [more: string]: unknown;
}

/** The empty invoke: no token of a person, no store, a constant card. */
export const EMPTY_INVOKE = 'botbuilder CloudAdapter.process';
export const CLIENTS = 16;
const ROUNDS = 21;

/**
 * The number of requests of a contest. The warm-up is not measured, because V8 still compiles then.
 * Rounds are short and many, so that variations of the machine affect all sides equally.
 */
export interface Size {
  readonly warmUp: number;
  readonly round: number;
}

/** The number of requests of a side for a whole contest. */
export function requestsOf({ warmUp, round }: Size): number {
  return warmUp + ROUNDS * round;
}

/** Selects the shots of a round from those of a whole contest; round -1 is the warm-up. */
export function shotsOf(
  shots: readonly Shot[],
  given: { readonly size: Size; readonly round: number },
): readonly Shot[] {
  const { size, round } = given;
  const from = size.warmUp + round * size.round;
  return round < 0 ? shots.slice(0, size.warmUp) : shots.slice(from, from + size.round);
}

/** A side of a contest. `check` throws for a wrong answer. */
export interface Side {
  readonly server: { readonly url: string; readonly child: Child };
  readonly status: number;
  /** The shots of a round; -1 is the warm-up. */
  shots(round: number): readonly Shot[];
  check(answer: string): void;
}

/** A round, with the server's CPU time for each request (all threads). */
export interface Round extends Measured {
  readonly cpuMs: number;
}

/**
 * Warms all sides up, then measures them in turn (A B C A B C), so that a slower machine affects
 * all. The answers are checked after each round, outside its time.
 */
export async function contest<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
): Promise<Readonly<Record<Name, readonly Round[]>>> {
  const names = Object.keys(sides) as Name[];
  const played = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Round[]
  >;
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const name of names) {
      const measured = await run(sides[name], round);
      if (round >= 0) played[name].push(measured);
    }
  }
  return played;
}

/** Our requests per second divided by theirs, round by round. */
export function ratiosOf(ours: readonly Round[], theirs: readonly Round[]): readonly number[] {
  return ours.map((mine, round) => mine.perSecond / (theirs[round]?.perSecond ?? NaN));
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

/** The figures of two sides of a contest. */
export function resultOf(
  name: string,
  given: { ours: readonly Round[]; theirs: readonly Round[]; baseline: string },
): Result {
  const { ours, theirs, baseline } = given;
  const ratios = ratiosOf(ours, theirs);
  const mine = latencies(ours);
  const other = latencies(theirs);
  return {
    name,
    ratio: rounded(median(ratios)),
    baseline,
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
    // Includes the pauses of both sides, which the median of the rounds leaves out.
    ratioOfTotals: rounded(total(theirs) / total(ours)),
  };
}

/** Rounds to two decimals. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function total(rounds: readonly Measured[]): number {
  return rounds.reduce((seconds, round) => seconds + round.seconds, 0);
}

function latencies(rounds: readonly Measured[]): number[] {
  return rounds.flatMap((round) => [...round.latenciesMs]).sort((one, other) => one - other);
}
