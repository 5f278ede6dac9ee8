/**
 * `npm run bench -- [name …] [--json] [--profile FOLDER] [--requests N] [--folder FOLDER]`:
 * ratios against a named baseline. `--requests` is of `decide` and `big-store`, `--folder` of the latter.
 */
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { runScript } from '../support/run-script.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { bigStore } from './big-store/big-store.ts';
import type { Result } from './contest.ts';
import { decide } from './decide.ts';
import { describeMachine, machineLines, pinSelf } from './machine.ts';
import { memory } from './memory.ts';
import { LOAD_CORE } from './stage.ts';
import { start } from './start.ts';
import { submit } from './submit.ts';
import { verifyToken } from './verify-token.ts';

const BENCHES: readonly Bench[] = [decide, submit, verifyToken, start, memory, bigStore];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      profile: { type: 'string' },
      requests: { type: 'string' },
      folder: { type: 'string' },
    },
  });
  const unknown = positionals.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    const names = BENCHES.map((bench) => bench.name).join(', ');
    process.stderr.write(`unknown: ${unknown.join(', ')}. There are: ${names}\n`);
    return 2;
  }
  const chosen = BENCHES.filter(({ name, onlyNamed = false }) =>
    positionals.length === 0 ? !onlyNamed : positionals.includes(name),
  );
  const options: BenchOptions = {
    ...(values.profile === undefined ? {} : { profile: values.profile }),
    ...(values.requests === undefined ? {} : { requests: Number(values.requests) }),
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  };
  if (values.profile !== undefined) await mkdir(values.profile, { recursive: true });
  pinSelf(LOAD_CORE);
  const machine = describeMachine(tmpdir());
  const json = values.json === true;
  if (!json) process.stdout.write(`${machineLines(machine).join('\n')}\n`);
  let held = true;
  for (const bench of chosen) {
    const result = await bench.run(options);
    held &&= bench.holds(result);
    process.stdout.write(
      json ? `${JSON.stringify({ ...result, machine })}\n` : resultText(bench, result),
    );
  }
  return held ? 0 : 1;
}

function resultText(bench: Bench, result: Result): string {
  const { name, ratio, baseline, ...rest } = result;
  const holds = bench.holds(result) ? 'holds' : 'DOES NOT HOLD';
  const more = Object.entries(rest).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  const head = `\n${name}: ${ratio} times ${baseline} (${bench.goal}: ${holds})`;
  return `${[head, ...more].join('\n')}\n`;
}

await runScript(main);
