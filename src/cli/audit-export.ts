import { describeError, silentLogger } from '../lib/logger.ts';
import { openAuditLog } from '../store/open-audit-log.ts';
import type { AuditLog } from '../store/open-audit-log.ts';
import { logStoreOf } from './audit-verify.ts';
import { defineCommand, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { configOption, jsonOption } from './options.ts';

const PAGE = 500;

/**
 * `countersign audit export`: prints the sealed log as JSON lines, each leaf with the stored text of
 * its event, then the checkpoint that covers them. Personal values stay encrypted.
 */
export const auditExport = defineCommand({
  options: (command) =>
    command
      .addOption(configOption)
      .option('--sqlite <file>', 'a database without a configuration')
      .option(
        '--sqlserver <env:name>',
        'the same for SQL Server: a variable with the connection string',
      )
      .addOption(jsonOption),
  notes:
    'Prints JSON lines: {index, eventId, hash, body} for each leaf, then {size, root, at, jws}.',
  async run({ options, io }) {
    const store = logStoreOf(options, io);
    try {
      const log = await openAuditLog(store, { log: silentLogger });
      try {
        return await print(log, io);
      } finally {
        await log.close();
      }
    } catch (error) {
      io.stderr(`The audit log could not be read: ${describeError(error)}\n`);
      return EXIT.failed;
    }
  },
});

async function print(log: AuditLog, io: CommandIo): Promise<number> {
  const checkpoint = await log.lastCheckpoint();
  const size = checkpoint?.size ?? 0;
  for (let from = 0; from < size;) {
    const page = await log.readLeaves({ from, limit: Math.min(PAGE, size - from) });
    for (const { index, eventId, hash, event } of page) {
      if (index !== from || event === undefined) {
        const missing = index === from ? `the event of leaf ${from}` : `leaf ${from}`;
        io.stderr(`The log is not whole: ${missing} is missing. Run countersign audit verify.\n`);
        return EXIT.failed;
      }
      io.stdout(`${JSON.stringify({ index, eventId, hash, body: event.body })}\n`);
      from += 1;
    }
    if (page.length === 0) {
      io.stderr(`The log is not whole: leaf ${from} is missing. Run countersign audit verify.\n`);
      return EXIT.failed;
    }
  }
  if (checkpoint !== undefined) io.stdout(`${JSON.stringify(checkpoint)}\n`);
  return EXIT.done;
}
