/**
 * `npm run faults -- [--seconds S] [--seed N] [--store sqlite|sqlserver] [--requests N]`: the fault
 * campaign. `--requests` runs N single requests under continuous kills instead of schedules. The
 * last line is JSON; exits 1 if anything was lost, doubled or left unsettled.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../../../src/lib/clock.ts';
import { SERVER } from '../../store/support/open-sqlserver.ts';
import { runScript } from '../../support/run-script.ts';
import { startCluster } from './cluster.ts';
import { playMany, playSchedules } from './run.ts';
import type { Report } from './run.ts';

const OPTIONS = {
  seconds: { type: 'string', default: '60' },
  seed: { type: 'string' },
  store: { type: 'string', default: 'sqlite' },
  requests: { type: 'string' },
  'at-once': { type: 'string', default: '24' },
  replicas: { type: 'string', default: '4' },
  'lease-ms': { type: 'string' },
  verbose: { type: 'boolean', default: false },
} as const;

const ROOMS = 40;
const PATIENCE_MS = { sqlite: 120_000, sqlserver: 300_000 };

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const { store } = values;
  const seed = whole(values.seed ?? String(systemClock.now() % 1_000_000));
  const replicas = whole(values.replicas);
  if (store !== 'sqlite' && store !== 'sqlserver') return wrong(`there is no store ${store}`);
  if (store === 'sqlserver' && SERVER === '') {
    return wrong('set COUNTERSIGN_TEST_SQLSERVER to the connection string of a server for tests');
  }
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const log = (line: string) => {
    if (values.verbose || !line.startsWith('schedule')) say(line);
  };
  say(`seed ${seed}, ${replicas} processes on ${store}`);
  const cluster = await startCluster({
    replicas,
    rooms: ROOMS,
    store,
    ...(values['lease-ms'] === undefined ? {} : { leaseMs: whole(values['lease-ms']) }),
  });
  const plan = { seed, replicas, rooms: ROOMS, lines: store === 'sqlserver' };
  const given = { plan, patienceMs: PATIENCE_MS[store], log };
  const begun = systemClock.now();
  let report: Report;
  try {
    report =
      values.requests === undefined
        ? await playSchedules(cluster, { ...given, seconds: whole(values.seconds) })
        : await playMany(cluster, {
            ...given,
            requests: whole(values.requests),
            atOnce: whole(values['at-once']),
          });
    const errors = cluster.replicas.map(({ process }) => process.errors()).join('');
    if (errors !== '') say(`standard error of the processes:\n${errors.slice(-4_000)}`);
    say(
      `${report.kills} kills, ${report.adopted} cards adopted, ` +
        `${cluster.refusedForRate()} calls over Teams' limits, ` +
        `${Math.round((systemClock.now() - begun) / 1_000)} s`,
    );
  } finally {
    await cluster.stop();
  }
  return tell(report, seed, say);
}

function tell(report: Report, seed: number, say: (line: string) => void): number {
  const { lost, doubled, unsettled, schedules, decisions } = report;
  for (const [kind, found] of Object.entries({ lost, doubled, unsettled })) {
    for (const sentence of found.slice(0, 20)) say(`${kind}: ${sentence}`);
  }
  process.stdout.write(
    `${JSON.stringify({
      seed,
      schedules,
      decisions,
      lost: lost.length,
      doubled: doubled.length,
      unsettled: unsettled.length,
    })}\n`,
  );
  return lost.length + doubled.length + unsettled.length === 0 ? 0 : 1;
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`not a whole number: ${text}`);
}

function wrong(why: string): number {
  process.stderr.write(`${why}\n`);
  return 2;
}

await runScript(main);
