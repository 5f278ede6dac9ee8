import { InvalidArgumentError } from '@commander-js/extra-typings';
import { systemIds } from '../lib/ids.ts';
import { callApi } from './api-client.ts';
import type { ApiAnswer, ApiCall } from './api-client.ts';
import { defineCommand, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { jsonOption, keepOption, serviceOptions, timeoutOption } from './options.ts';
import { plain, reportProblem } from './report.ts';
import { serviceOf } from './service.ts';
import type { Service, ServiceOptions } from './service.ts';
import { lastCalls, takeBack } from './take-back.ts';
import { OUTCOME_EXITS, waitForEnd } from './wait-for-end.ts';

/**
 * `countersign request`: makes a request over the API. Repeated calls carry one Idempotency-Key, so
 * only one request is made. With `--json` the last thing written is the request.
 */
export const request = defineCommand({
  options: (command) =>
    serviceOptions(command)
      .argument('<workflow>', 'id of the workflow')
      .option('-f, --field <field=value>', 'a field of the workflow; repeat it for each', addField)
      .option('--reason <text>', 'why')
      .option(
        '--key <text>',
        'Idempotency-Key: one key makes one request (default: a new key)',
        checkKey,
      )
      .option('--wait', 'wait for the end of the request')
      .addOption(timeoutOption)
      .addOption(keepOption)
      .addOption(jsonOption),
  notes: `With --wait: ${OUTCOME_EXITS}`,
  async run({ args: [workflow], options, io }) {
    const service = await serviceOf(options, io);
    const { reason, json, field: fields = {} } = options;
    const call: ApiCall = {
      method: 'POST',
      path: '/v1/requests',
      body: { workflow, fields, ...(reason === undefined ? {} : { reason }) },
      headers: { 'idempotency-key': options.key ?? systemIds.secret(24) },
    };
    const asker = options.keep ? undefined : options;
    const answer = await ask(service, call, { io, asker });
    if (answer === undefined) return EXIT.failed;
    if (answer.status !== 201 && answer.status !== 200) {
      return reportProblem(answer, json, io);
    }
    const { id, number, url, waitToken } = answer.body;
    if (!json) io.stdout(`Asked: request ${plain(number)}, ${plain(url)}\n`);
    if (!options.wait) {
      if (json) io.stdout(`${JSON.stringify(answer.body)}\n`);
      return EXIT.done;
    }
    return waitForEnd({
      id: String(id),
      // The wait token outlives the short token of a pipeline.
      service: { ...service, token: String(waitToken) },
      timeoutMs: options.timeout,
      json,
      io,
      asker,
      changed: (state) => {
        if (!json) io.stdout(`  ${plain(state)}\n`);
      },
    });
  },
});

/**
 * Asks. Where the command is stopped before the answer, the request may have been made: asking once
 * more with the same key tells its id, and it is taken back. Then there is no answer.
 */
async function ask(
  service: Service,
  call: ApiCall,
  { io, asker }: { io: CommandIo; asker: ServiceOptions | undefined },
): Promise<ApiAnswer | undefined> {
  io.signal?.throwIfAborted();
  try {
    return await callApi(service, call, io);
  } catch (error) {
    if (!io.signal?.aborted || asker === undefined) throw error;
    const last = lastCalls(io);
    const { status, body } = await callApi(service, { ...call, attempts: 1 }, last);
    const made = status === 200 || status === 201;
    if (made) await takeBack({ id: String(body['id']), options: asker }, last);
    return undefined;
  }
}

function checkKey(text: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(text)) return text;
  throw new InvalidArgumentError('Use 1 to 255 visible ASCII characters.');
}

function addField(
  pair: string,
  fields: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = pair.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write FIELD=VALUE.');
  const name = pair.slice(0, at);
  if (Object.hasOwn(fields, name)) throw new InvalidArgumentError('The field is given twice.');
  return Object.fromEntries([...Object.entries(fields), [name, pair.slice(at + 1)]]);
}
