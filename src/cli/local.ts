import { join } from 'node:path';
import { systemClock } from '../lib/clock.ts';
import { aborted } from '../lib/loop.ts';
import { jsonLogger } from '../telemetry/json-logger.ts';
import { defineCommand, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { jsonOption } from './options.ts';

const DEFAULT_PORT = 3978;

/** Codes of Node for a folder that cannot be made, or written in. */
const UNUSABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC'];

/** The page shows what goes well; standard error is for warnings and errors. */
const quiet = jsonLogger({ level: 'warn', now: () => systemClock.now() });

/** `countersign local`: the local profile with its Teams-like page, until it is stopped. */
export const local = defineCommand({
  options: (command) => command.addOption(jsonOption),
  notes:
    'PORT (default 3978) and COUNTERSIGN_HOME (default .countersign/) in the environment choose ' +
    'the port and the folder. The database is new at every start.',
  run: ({ options, io }) => runLocal(options.json, io),
});

async function runLocal(json: true | undefined, io: CommandIo): Promise<number> {
  const port = Number(io.env['PORT'] ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_530) {
    io.stderr(`PORT is "${io.env['PORT'] ?? ''}"; give a number from 1 to 65530.\n`);
    return EXIT.usage;
  }
  const home = io.env['COUNTERSIGN_HOME'] ?? join(io.cwd, '.countersign');
  const { startLocalProfile } = await import('../local/profile.ts');
  const { startPageServer } = await import('../local/page-server.ts');
  const stops: (() => Promise<void>)[] = [];
  try {
    const profile = await startLocalProfile({ home, port, overrides: { log: quiet } });
    stops.push(() => profile.stop());
    if (io.signal?.aborted) return EXIT.done;
    const page = await startPageServer({ world: profile.connector, port: port + 1 });
    stops.push(() => page.stop());
    const started = { page: page.url, service: profile.url, home };
    io.stdout(json ? `${JSON.stringify({ event: 'listening', ...started })}\n` : greeting(started));
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

function greeting(at: { page: string; service: string; home: string }): string {
  return [
    '',
    '  Countersign is running on this machine only.',
    '',
    `  Open       ${at.page}`,
    `  API        ${at.service}/openapi.json`,
    `  Files      ${at.home} (a new database at every start)`,
    '',
    '  Try: as Mia say "request deploy-production", then decide as Amara in Approvals.',
    '  Stop with Ctrl+C.',
    '',
    '',
  ].join('\n');
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
    return `${at.home} cannot be used (${code}). Set COUNTERSIGN_HOME to a folder of your own.`;
  }
  return name === 'StoreInUse' ? message : undefined;
}
