import { callApi } from './api-client.ts';
import { defineCommand, EXIT } from './command.ts';
import { jsonOption, serviceOptions } from './options.ts';
import { outcomeLine, reportProblem } from './report.ts';
import { serviceOf } from './service.ts';
import { cancelCall } from './take-back.ts';

/** `countersign cancel`: cancels a pending request over the API, for who asked. */
export const cancel = defineCommand({
  options: (command) =>
    serviceOptions(command).argument('<request-id>', 'id of the request').addOption(jsonOption),
  notes:
    'For who asked, and for whom it was asked, while it is pending. A request that is cancelled ' +
    'already stays so, and the command exits with 0. A wait token cannot cancel.',
  async run({ args: [id], options: { json, ...options }, io }) {
    const answer = await callApi(await serviceOf(options, io), cancelCall(id), io);
    if (answer.status !== 200) return reportProblem(answer, json, io);
    io.stdout(json ? `${JSON.stringify(answer.body)}\n` : outcomeLine(answer.body));
    return EXIT.done;
  },
});
