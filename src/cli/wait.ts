import { defineCommand } from './command.ts';
import { jsonOption, keepOption, serviceOptions, timeoutOption } from './options.ts';
import { serviceOf } from './service.ts';
import { OUTCOME_EXITS, waitForEnd } from './wait-for-end.ts';

/** `countersign wait`: waits for the end of a request; the exit code gives the outcome. */
export const wait = defineCommand({
  options: (command) =>
    serviceOptions(command)
      .argument('<request-id>', 'id of the request')
      .addOption(timeoutOption)
      .addOption(keepOption)
      .addOption(jsonOption),
  notes: `Takes the wait token of the request as well. ${OUTCOME_EXITS}`,
  async run({ args: [id], options, io }) {
    const { timeout: timeoutMs, json, keep } = options;
    const asker = keep ? undefined : options;
    return waitForEnd({ service: await serviceOf(options, io), id, io, timeoutMs, json, asker });
  },
});
