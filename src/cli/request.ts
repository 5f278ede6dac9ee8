import { systemIds } from '../lib/ids.ts';
import { callApi, serviceUrl } from './api-client.ts';
import { EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { durationOption, parseOptions } from './options.ts';
import { outcomeLine, plain, reportProblem } from './report.ts';
import { bearerFor } from './token-source.ts';
import { waitForEnd } from './wait-for-end.ts';

const OPTIONS = {
  url: { type: 'string' },
  'token-file': { type: 'string' },
  audience: { type: 'string' },
  field: { type: 'string', short: 'f', multiple: true, default: [] as string[] },
  reason: { type: 'string' },
  key: { type: 'string' },
  wait: { type: 'boolean', default: false },
  timeout: { type: 'string', default: '24h' },
  json: { type: 'boolean', default: false },
} as const;

/**
 * `countersign request`: asks over the API, once however often it has to try. With `--wait` the
 * exit code tells the outcome; with `--json` the last thing written is the request.
 */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS, 1);
  const [workflow = ''] = positionals;
  const fields = fieldsOf(values.field);
  const timeoutMs = durationOption(values.timeout, '--timeout');
  const base = serviceUrl(values.url, io);
  const token = await bearerFor({
    tokenFile: values['token-file'],
    audience: values.audience ?? base,
    io,
  });
  const answer = await callApi(
    base,
    {
      method: 'POST',
      path: '/v1/requests',
      token,
      body: { workflow, fields, ...(values.reason === undefined ? {} : { reason: values.reason }) },
      headers: { 'idempotency-key': values.key ?? systemIds.secret(24) },
    },
    io,
  );
  if (answer.status !== 201 && answer.status !== 200) {
    return reportProblem(answer, values.json, io);
  }
  const { id, number, url, waitToken } = answer.body;
  if (!values.json) io.stdout(`Asked: request ${plain(number)}, ${plain(url)}\n`);
  if (!values.wait) {
    if (values.json) io.stdout(`${JSON.stringify(answer.body)}\n`);
    return EXIT.done;
  }
  const waited = await waitForEnd({
    base,
    id: String(id),
    token: String(waitToken),
    timeoutMs,
    io,
    changed: (state) => {
      if (!values.json) io.stdout(`  ${plain(state)}\n`);
    },
  });
  if (waited.answer.status !== 200) return reportProblem(waited.answer, values.json, io);
  if (values.json) io.stdout(`${JSON.stringify(waited.answer.body)}\n`);
  else io.stdout(outcomeLine(waited.answer.body));
  if (waited.exit === undefined) io.stderr('The time is up; the request goes on.\n');
  return waited.exit ?? EXIT.failed;
}

function fieldsOf(pairs: readonly string[]): Record<string, string> {
  const fields = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`-f takes FIELD=VALUE, not "${plain(pair)}".`);
    const name = pair.slice(0, at);
    if (fields.has(name)) throw new UsageError(`The field ${plain(name)} is given twice.`);
    fields.set(name, pair.slice(at + 1));
  }
  return Object.fromEntries(fields);
}
