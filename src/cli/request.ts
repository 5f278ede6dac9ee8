import { InvalidArgumentError } from '@commander-js/extra-typings';
import { systemIds } from '../lib/ids.ts';
import { callApi } from './api-client.ts';
import { defineCommand, EXIT } from './command.ts';
import { jsonOption, serviceOptions, timeoutOption } from './options.ts';
import { plain, reportProblem } from './report.ts';
import { serviceOf } from './service.ts';
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
      .addOption(jsonOption),
  notes: `With --wait: ${OUTCOME_EXITS}`,
  async run({ args: [workflow], options, io }) {
    const service = await serviceOf(options, io);
    const { reason, json, field: fields = {} } = options;
    const answer = await callApi(
      service,
      {
        method: 'POST',
        path: '/v1/requests',
        body: { workflow, fields, ...(reason === undefined ? {} : { reason }) },
        headers: { 'idempotency-key': options.key ?? systemIds.secret(24) },
      },
      io,
    );
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
      changed: (state) => {
        if (!json) io.stdout(`  ${plain(state)}\n`);
      },
    });
  },
});

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
