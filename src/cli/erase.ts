import { callApi } from './api-client.ts';
import { defineCommand, EXIT, UsageError } from './command.ts';
import { jsonOption, serviceOptions } from './options.ts';
import { reportProblem } from './report.ts';
import { serviceOf } from './service.ts';

/** An erasure reads every request once. */
const TIMEOUT_MS = 600_000;

/** `countersign erase`: erases a person over the API, for an administrator. */
export const erase = defineCommand({
  options: (command) =>
    serviceOptions(command)
      .argument('<person>', "a principal's key, an object id or a Teams user id")
      .option('--reason <text>', 'why, for the audit log')
      .addOption(jsonOption),
  notes: 'Refused while a request that has not ended names the person.',
  async run({ args: [person], options, io }) {
    const { reason } = options;
    if (reason === undefined) throw new UsageError('--reason is required.');
    const service = await serviceOf(options, io);
    const call = { method: 'POST', path: '/v1/people/erase', body: { person, reason } } as const;
    const answer = await callApi(service, { ...call, timeoutMs: TIMEOUT_MS }, io);
    if (answer.status !== 200) return reportProblem(answer, options.json, io);
    const { requests, keys } = answer.body;
    if (options.json) io.stdout(`${JSON.stringify({ requests, keys })}\n`);
    else if (requests === 0 && keys === 0) {
      io.stdout('No request and no event names this person (any more).\n');
    } else {
      const counts = `keys destroyed: ${String(keys)}, requests overwritten: ${String(requests)}`;
      io.stdout(`Erased (${counts}).\n`);
    }
    return EXIT.done;
  },
});
