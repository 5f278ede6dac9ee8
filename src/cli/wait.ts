import { serviceUrl } from './api-client.ts';
import { EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { durationOption, parseOptions } from './options.ts';
import { outcomeLine, reportProblem } from './report.ts';
import { bearerFor } from './token-source.ts';
import { waitForEnd } from './wait-for-end.ts';

const OPTIONS = {
  url: { type: 'string' },
  'token-file': { type: 'string' },
  audience: { type: 'string' },
  timeout: { type: 'string', default: '24h' },
  json: { type: 'boolean', default: false },
} as const;

/** `countersign wait`: waits for the end of a request; the exit code tells the outcome. */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS, 1);
  const base = serviceUrl(values.url, io);
  const token = await bearerFor({
    tokenFile: values['token-file'],
    audience: values.audience ?? base,
    io,
  });
  const { answer, exit } = await waitForEnd({
    base,
    id: positionals[0] ?? '',
    token,
    io,
    timeoutMs: durationOption(values.timeout, '--timeout'),
  });
  if (answer.status !== 200) return reportProblem(answer, values.json, io);
  if (values.json) io.stdout(`${JSON.stringify(answer.body)}\n`);
  else io.stdout(outcomeLine(answer.body));
  if (exit === undefined) io.stderr('The time is up; the request goes on.\n');
  return exit ?? EXIT.failed;
}
