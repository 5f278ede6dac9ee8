import { InvalidArgumentError } from '@commander-js/extra-typings';
import { CHECKPOINT_TYPE } from '../audit/checkpoint-verifier.ts';
import { askWitness } from '../audit/check-witness.ts';
import type { KeptCheckpoint } from '../audit/kept-checkpoints.ts';
import { emptyRoot, encodeHash } from '../audit/merkle.ts';
import { openWitness } from '../compose/open-witness.ts';
import type { Witness } from '../audit/witness.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import { describeError } from '../lib/logger.ts';
import { defineCommand, EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { onConfiguredStore } from './on-configured-store.ts';
import type { Opened } from './on-configured-store.ts';
import { configOption, jsonOption } from './options.ts';
import { readConfig } from './read-config.ts';
import { plain } from './report.ts';

const MAX_REASON = 1_000;

/**
 * `countersign audit accept`: after a restore, accepts a log that is shorter than its witness, or
 * another one. The witness gets a signed statement that replaces what it knew, and the log an event.
 */
export const auditAccept = defineCommand({
  options: (command) =>
    command
      .option('--reason <text>', 'why, for the audit log; it is not encrypted', toReason)
      .addOption(configOption)
      .addOption(jsonOption),
  notes: 'Do this with the service stopped, once you know which backup was restored, and by whom.',
  async run({ options, io }) {
    const { reason, json } = options;
    if (reason === undefined) throw new UsageError('--reason is required.');
    const { config } = readConfig(options, io);
    const { witness: section, origin } = config.audit;
    if (section === undefined) {
      throw new UsageError('audit.witness is not configured: there is nothing to accept.');
    }
    const witness = openWitness(section, config.server);
    return onConfiguredStore(options, io, async (opened) => {
      const { longest, differs } = await findDifference(opened, { witness, origin });
      if (longest === undefined || differs === null) {
        io.stderr(`The log continues what ${plain(witness.name)} knows: nothing to accept.\n`);
        return EXIT.failed;
      }
      const accepted = await record(opened, { longest, reason });
      const line = await signed(opened, { longest, accepted, origin });
      return tell(witness, { line, accepted, longest, json, io });
    });
  },
});

function findDifference(
  { store, keys }: Opened,
  given: { witness: Witness; origin: Config['audit']['origin'] },
) {
  const verifyCheckpoint = (jws: string) => keys.verify('checkpoints', jws, CHECKPOINT_TYPE);
  return askWitness({ store, ...given, verifyCheckpoint });
}

/** Records the event first: without it nothing is accepted. */
async function record(
  { store, record: write }: Opened,
  { longest, reason }: { longest: KeptCheckpoint; reason: string },
): Promise<KeptCheckpoint> {
  const last = await store.lastCheckpoint();
  const { size, root } = last ?? { size: 0, root: encodeHash(emptyRoot()) };
  const now = systemClock.now();
  const data = { reason, size, root, witness: longest };
  const event = { type: 'audit.accepted', requestId: null, actor: null, data } as const;
  await write([event], now, (recorded) =>
    store.commit({ id: systemIds.next('chg', now), at: now, ...recorded }),
  );
  return { size, root };
}

function signed(
  { keys }: Opened,
  given: { longest: KeptCheckpoint; accepted: KeptCheckpoint; origin: string },
): Promise<string> {
  const { longest, accepted, origin } = given;
  const statement = { origin, ...accepted, at: systemClock.now(), replaces: longest };
  return keys.sign('checkpoints', statement, CHECKPOINT_TYPE);
}

async function tell(
  witness: Witness,
  given: {
    line: string;
    accepted: KeptCheckpoint;
    longest: KeptCheckpoint;
    json: true | undefined;
    io: CommandIo;
  },
): Promise<number> {
  const { line, accepted, longest, json, io } = given;
  try {
    await witness.append(line);
  } catch (error) {
    io.stderr(
      'The event was recorded, but the witness does not know of it. Run the command again: ' +
        `${plain(describeError(error))}\n`,
    );
    return EXIT.failed;
  }
  if (json) io.stdout(`${JSON.stringify({ accepted, replaced: longest })}\n`);
  else io.stdout(`Accepted ${accepted.size} leaves; the witness knew ${longest.size}.\n`);
  return EXIT.done;
}

function toReason(text: string): string {
  const reason = text.trim();
  if (reason !== '' && reason.length <= MAX_REASON) return reason;
  throw new InvalidArgumentError(`Give a reason of 1 to ${MAX_REASON} characters.`);
}
