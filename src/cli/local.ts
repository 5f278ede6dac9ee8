import { join, resolve } from 'node:path';
import { ConfigError } from '../config/problem.ts';
import { systemClock } from '../lib/clock.ts';
import { fileTrouble } from '../lib/file-trouble.ts';
import { aborted } from '../lib/loop.ts';
import type { LocalProfile } from '../local/profile.ts';
import { jsonLogger } from '../telemetry/json-logger.ts';
import { defineCommand, EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { jsonOption } from './options.ts';

const DEFAULT_PORT = 3978;

/** Codes of Node for a folder that cannot be made, or written in. */
const UNUSABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC'];

/** The page shows what goes well; standard error is for warnings and errors. */
const quiet = jsonLogger({ level: 'warn', now: () => systemClock.now() });

/** `countersign local`: the local profile with its Teams-like page, until it is stopped. */
export const local = defineCommand({
  options: (command) =>
    command
      .option('--workflows <dir>', "workflow files to use instead of the demo's")
      .option('--people <file>', "people to use instead of the demo's")
      .option(
        '--playground <url>',
        'let the Microsoft 365 Agents Playground at this address be a client',
      )
      .option('--as <person>', 'id of the person who uses the Playground (default: the first)')
      .addOption(jsonOption),
  notes:
    'PORT (default 3978) and COUNTERSIGN_HOME (default .countersign/) in the environment choose ' +
    'the port and the folder. The database is new at every start. Nothing leaves this machine.',
  run: ({ options, io }) => runLocal(options, io),
});

interface LocalFlags {
  readonly workflows?: string | undefined;
  readonly people?: string | undefined;
  readonly playground?: string | undefined;
  readonly as?: string | undefined;
  readonly json?: true | undefined;
}

async function runLocal(flags: LocalFlags, io: CommandIo): Promise<number> {
  const { json } = flags;
  const port = Number(io.env['PORT'] ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_530) {
    io.stderr(`PORT is "${io.env['PORT'] ?? ''}"; give a number from 1 to 65530.\n`);
    return EXIT.usage;
  }
  const home = io.env['COUNTERSIGN_HOME'] ?? join(io.cwd, '.countersign');
  const { startLocalProfile } = await import('../local/profile.ts');
  const { startPageServer } = await import('../local/page-server.ts');
  const wanted = await readFlags(flags, io);
  const stops: (() => Promise<void>)[] = [];
  try {
    const profile = await startLocalProfile({ ...wanted, home, port, overrides: { log: quiet } });
    stops.push(() => profile.stop());
    if (io.signal?.aborted) return EXIT.done;
    const page = await startPageServer({ world: profile.connector, port: port + 1 });
    stops.push(() => page.stop());
    const playground = profile.playground?.endpoint;
    const started = { page: page.url, service: profile.url, home, playground };
    const { people, config } = profile;
    io.stdout(
      json
        ? `${JSON.stringify({ event: 'listening', ...started })}\n`
        : greeting({
            ...started,
            people,
            workflows: config.workflows,
            origin: wanted.playground?.origin,
            demo: wanted.own === undefined && wanted.people === undefined,
          }),
    );
    await aborted(io.signal);
    return EXIT.done;
  } catch (error) {
    const sentence = explained(error, { port, home });
    if (sentence === undefined) throw error;
    io.stderr(`${sentence}\n`);
    return EXIT.failed;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** What the options ask for. */
async function readFlags(flags: LocalFlags, io: CommandIo) {
  const { playgroundOrigin } = await import('../local/playground/guard.ts');
  const { readOwnWorkflows } = await import('../local/own/own-workflows.ts');
  const { readPeople } = await import('../local/own/people-file.ts');
  const { workflows, people, playground, as: personId } = flags;
  const origin = playground === undefined ? undefined : playgroundOrigin(playground);
  if (playground !== undefined && origin === undefined) {
    throw new UsageError(
      '--playground is an http address of this machine, such as http://localhost:56150.',
    );
  }
  if (personId !== undefined && origin === undefined) {
    throw new UsageError('--as names who uses the Playground: give --playground too.');
  }
  return {
    own: reading('--workflows', workflows, { io, read: readOwnWorkflows }),
    people: reading('--people', people, { io, read: readPeople }),
    playground: origin === undefined ? undefined : { origin, personId },
  };
}

/** What a path in an option leads to; undefined without the option. */
function reading<Value>(
  option: string,
  given: string | undefined,
  { io, read }: { io: CommandIo; read: (path: string) => Value },
): Value | undefined {
  if (given === undefined) return undefined;
  try {
    return read(resolve(io.cwd, given));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    if (error instanceof ConfigError) throw error;
    throw new UsageError(`${option} ${given} cannot be read: ${fileTrouble(error)}`);
  }
}

function greeting(at: {
  page: string;
  service: string;
  home: string;
  playground: string | undefined;
  origin: string | undefined;
  people: LocalProfile['people'];
  workflows: LocalProfile['config']['workflows'];
  demo: boolean;
}): string {
  return [
    '',
    '  Countersign is running on this machine only.',
    '',
    `  Open       ${at.page}`,
    `  API        ${at.service}/openapi.json`,
    `  Files      ${at.home} (a new database at every start)`,
    ...playgroundLines(at),
    '',
    `  Try: ${hint(at)}`,
    '  Stop with Ctrl+C.',
    '',
    '',
  ].join('\n');
}

function playgroundLines(at: Parameters<typeof greeting>[0]): string[] {
  if (at.playground === undefined || at.origin === undefined) return [];
  const port = new URL(at.origin).port || '80';
  return [
    '',
    '  Playground, in a second terminal (its licence allows evaluation only):',
    `    cd ${at.home}`,
    '    npx @microsoft/m365agentsplayground --channel-id msteams \\',
    `      --app-endpoint ${at.playground} --port ${port}`,
  ];
}

/** A first request that somebody may make, and who decides it. */
function hint({ people, workflows, demo }: Parameters<typeof greeting>[0]): string {
  if (demo) return 'as Mia say "request deploy-production", then decide as Amara in Approvals.';
  const holder = (roles: readonly string[], not?: string) =>
    people.find(({ id, roles: held }) => id !== not && held.some((role) => roles.includes(role)));
  for (const { id, request, stages, channel } of workflows) {
    const asker = holder(request.roles);
    const decider = holder(stages[0]?.roles ?? [], asker?.id);
    if (!asker || !decider) continue;
    const [asks, decides] = [asker, decider].map(({ name }) => name.split(' ')[0]);
    return `as ${asks} say "request ${id}", then decide as ${decides} in ${channel}.`;
  }
  return 'say "help" in the chat.';
}

/** What to do when this machine does not allow the start; undefined for any other error. */
function explained(error: unknown, at: { port: number; home: string }): string | undefined {
  const {
    code,
    name,
    message,
    port = at.port,
  } = error as NodeJS.ErrnoException & {
    port?: number;
  };
  if (code === 'EADDRINUSE') {
    return `Port ${port} is taken. Stop what uses it, or set PORT to another.`;
  }
  if (code !== undefined && UNUSABLE.includes(code)) {
    return `${at.home} cannot be used: ${fileTrouble(error)}. Set COUNTERSIGN_HOME to a folder of your own.`;
  }
  return name === 'StoreInUse' || name === 'UnknownPerson' ? message : undefined;
}
