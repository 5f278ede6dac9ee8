import { InvalidArgumentError } from '@commander-js/extra-typings';
import { openEvents, readEvent } from '../audit/read-event.ts';
import type { OpenedEvents } from '../audit/read-event.ts';
import { personKeysOf } from '../compose/event-recorder.ts';
import type { AuditEvent } from '../domain/events/catalogue.ts';
import { ERASED } from '../domain/people/erased.ts';
import { toTimestamp } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import { describeError, silentLogger } from '../lib/logger.ts';
import { openAuditLog } from '../store/open-audit-log.ts';
import type { AuditLog } from '../store/open-audit-log.ts';
import { storedKeys } from './audit-verify.ts';
import { defineCommand, EXIT } from './command.ts';
import { readConfig } from './read-config.ts';
import { configOption, jsonOption, profileOption } from './options.ts';
import { plain } from './report.ts';

/** Characters of one part of a line: more than a reason may have. */
const MAX_PART = 1_100;
/** Data that a line of the story tells. */
const SHOWN_DATA = ['workflow', 'stageName', 'word', 'reason', 'code', 'job'] as const;

/**
 * `countersign audit show`: tells a request's story from the audit log. Names are read with the keys
 * of the people; where a key is gone stands `(erased)`. Whether the log is whole says `audit verify`.
 */
export const auditShow = defineCommand({
  options: (command) =>
    command
      .argument('<number>', 'number of the request', toNumber)
      .addOption(configOption)
      .addOption(profileOption)
      .addOption(jsonOption),
  async run({ args: [number], options, io }) {
    const { config } = readConfig(options, io);
    const allowUntrusted = config.profile === 'local';
    const log = await openAuditLog(config.store, { log: silentLogger, allowUntrusted });
    try {
      const story = await read(log, { number, secret: config.signing.secret });
      if (story === undefined) {
        io.stderr(`There is no request ${number}.\n`);
        return EXIT.failed;
      }
      if (options.json) io.stdout(`${JSON.stringify(story.events)}\n`);
      else for (const event of story.events) io.stdout(`${lineOf(event, story.people)}\n`);
      for (const id of story.unreadable) {
        io.stderr(`Event ${plain(id)} is not as it was written: run countersign audit verify.\n`);
      }
      for (const id of story.exchanged) {
        io.stderr(`Personal values of event ${plain(id)} are not as they were written.\n`);
      }
      return story.unreadable.length + story.exchanged.length === 0 ? EXIT.done : EXIT.failed;
    } catch (error) {
      io.stderr(`The audit log could not be read: ${describeError(error)}\n`);
      return EXIT.failed;
    } finally {
      await log.close();
    }
  },
});

/** A request's events as far as they can be read, and the ids of the others. */
type Story = OpenedEvents & { readonly unreadable: readonly string[] };

async function read(
  log: AuditLog,
  { number, secret }: { number: number; secret: string },
): Promise<Story | undefined> {
  const request = await log.findRequest(number);
  if (request === undefined) return undefined;
  const keys = await storedKeys(log, secret);
  const stored = await log.eventsOf(request.id);
  const events = stored.flatMap((one) => readEvent(one) ?? []);
  const unreadable = stored.filter((one) => readEvent(one) === undefined).map(({ id }) => id);
  const opened = await openEvents(personKeysOf({ store: log, keys, ids: systemIds }), events);
  return { ...opened, unreadable };
}

function lineOf(event: AuditEvent, people: OpenedEvents['people']): string {
  const { actor, at, data, personal, type } = event;
  const erased = personal.some(({ person }) => !people.has(person));
  const known = people.get(actor ?? '') ?? [...people.values()].find(({ key }) => key === actor);
  const shown = SHOWN_DATA.flatMap((name) =>
    typeof data[name] === 'string' ? [String(data[name])] : [],
  );
  const by = actor === null ? [] : [`by ${known ? (known.name ?? known.key) : ERASED}`];
  const parts = [type, ...by, ...shown, ...(erased && actor === null ? [ERASED] : [])];
  return [toTimestamp(at), ...parts.map((part) => plain(part, { max: MAX_PART }))].join('  ');
}

function toNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give the number of a request, such as 17.');
}
