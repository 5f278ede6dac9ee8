import type { CommandRun } from './command.ts';

/** One command: its words, what --help says, and where it is loaded from when it is asked for. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly details: readonly string[];
  readonly load: () => Promise<{ readonly run: CommandRun }>;
}

const CONFIG = '  --config FILE        countersign.yaml; default: $COUNTERSIGN_CONFIG';
const JSON_FLAG = '  --json               one JSON object on standard output';
const SERVER = [
  '  --url URL            the service; default: $COUNTERSIGN_URL',
  '  --token-file FILE    a bearer token; default: $COUNTERSIGN_TOKEN, or in GitHub Actions a',
  '                       token of the workflow run (permission id-token: write)',
  "  --audience TEXT      audience of that GitHub token; default: the service's URL",
];
const OUTCOMES = [
  'Exits with 0 when applied, 3 denied, 4 expired or cancelled, 5 failed to apply, 1 when refused',
  'or not reachable.',
];

/** Every command, in the order that --help lists them. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    summary: 'Run the service',
    usage: 'serve [--config FILE]',
    details: [CONFIG, '', 'PORT in the environment wins over server.port. Ends on SIGTERM.'],
    load: () => import('./serve.ts'),
  },
  {
    name: 'check',
    summary: 'Check the configuration and tell every problem',
    usage: 'check [--config FILE] [--profile production|local] [--json]',
    details: [CONFIG, '  --profile NAME       production (default) or local', JSON_FLAG],
    load: () => import('./check.ts'),
  },
  {
    name: 'migrate',
    summary: 'Bring the schema of the store up to date, or move to SQL Server',
    usage:
      'migrate [--config FILE] [--plan | --from sqlite:PATH [--to sqlserver:env:NAME]] ' +
      '[--profile production|local] [--json]',
    details: [
      CONFIG,
      '  --plan               tell which migrations would run; nothing is changed',
      '  --from sqlite:PATH   carry this embedded store over; its service must be stopped',
      '  --to sqlserver:...   where to: env:NAME (a variable that holds the connection string)',
      "                       or the string itself; default: the configuration's store",
      '  --profile NAME       production (default), or local: encryption may be off',
      JSON_FLAG,
      '',
      'Interrupted, the same command goes on where it was.',
    ],
    load: () => import('./migrate.ts'),
  },
  {
    name: 'request',
    summary: 'Ask for something',
    usage: 'request WORKFLOW [-f FIELD=VALUE]... [--reason TEXT] [--wait] [--json]',
    details: [
      ...SERVER,
      '  -f, --field F=V      a field of the workflow; may stand more than once',
      '  --reason TEXT        why',
      '  --key TEXT           Idempotency-Key: the same key asks once; default: a new one',
      '  --wait               wait for the end',
      '  --timeout DURATION   how long to wait at most, such as 2h; default 24h',
      JSON_FLAG,
      '',
      'With --wait:',
      ...OUTCOMES,
    ],
    load: () => import('./request.ts'),
  },
  {
    name: 'wait',
    summary: 'Wait for the end of a request',
    usage: 'wait REQUEST_ID [--timeout DURATION] [--json]',
    details: [
      ...SERVER,
      '                       A wait token (from request --json) is taken as well.',
      '  --timeout DURATION   how long to wait at most, such as 2h; default 24h',
      JSON_FLAG,
      '',
      ...OUTCOMES,
    ],
    load: () => import('./wait.ts'),
  },
  {
    name: 'token inspect',
    summary: 'Show what a token says and how it would be judged',
    usage:
      'token inspect [TOKEN | --file FILE] [--as api|teams] [--config FILE] [--explain] ' +
      '[--profile production|local] [--json]',
    details: [
      '  TOKEN                the token; better --file or standard input, which nobody else sees',
      '  --file FILE          a file with the token; also --token-file',
      '  --as NAME            api (default): a bearer token; teams: single sign-on at a click',
      '  --config FILE        make every check that the service of this configuration would make;',
      '                       default: $COUNTERSIGN_CONFIG',
      '  --explain            name the line of countersign.yaml that decided each check and role',
      '  --profile NAME       production (default) or local',
      JSON_FLAG,
      '',
      'Without a configuration nothing is verified: what is shown is what the token claims. The',
      'signature is never shown. Exits with 1 where the token would be refused.',
    ],
    load: () => import('./token-inspect.ts'),
  },
  {
    name: 'doctor',
    summary: 'Look at providers, keys, logins and the store',
    usage: 'doctor [--config FILE] [--profile production|local] [--json]',
    details: [
      CONFIG,
      '  --profile NAME       production (default) or local',
      JSON_FLAG,
      '',
      "Fetches discovery and keys of every issuer, tries the sign-in client and the bot's login,",
      'and looks at the store without changing it. Exits with 1 where something fails.',
    ],
    load: () => import('./doctor.ts'),
  },
  {
    name: 'audit verify',
    summary: 'Recompute the audit log and compare',
    usage:
      'audit verify [--config FILE | --sqlite FILE] [--jwks FILE] [--origin NAME] ' +
      '[--known SIZE:ROOT] [--json]',
    details: [
      CONFIG,
      '  --sqlite FILE        a database by itself; needs --jwks',
      '  --jwks FILE          published keys to check signatures with',
      '  --origin NAME        name of the log; default: audit.origin',
      '  --known SIZE:ROOT    a checkpoint that was kept elsewhere',
      JSON_FLAG,
    ],
    load: () => import('./audit-verify.ts'),
  },
  {
    name: 'session revoke',
    summary: 'End sessions of people; takes effect at the next click',
    usage: 'session revoke (--person PERSON | --all) [--config FILE] [--json]',
    details: [
      CONFIG,
      '  --person PERSON      an object id, TENANT/OBJECT_ID, or the key of a principal',
      "  --all                everybody's",
      JSON_FLAG,
    ],
    load: () => import('./session-revoke.ts'),
  },
  {
    name: 'keys rotate',
    summary: 'Make a new key for stored secrets; the old ones still open',
    usage: 'keys rotate [--config FILE] [--json]',
    details: [CONFIG, JSON_FLAG],
    load: () => import('./keys-rotate.ts'),
  },
  {
    name: 'package-app',
    summary: 'Write the Teams app package',
    usage: 'package-app [--config FILE] [--out FILE] [--json]',
    details: [CONFIG, '  --out FILE           the zip to write', JSON_FLAG],
    load: () => import('./package-app.ts'),
  },
  {
    name: 'local',
    summary: 'Run everything on this machine, with demo people',
    usage: 'local',
    details: ['PORT and COUNTERSIGN_HOME in the environment choose the port and the folder.'],
    load: () => import('./local.ts'),
  },
  {
    name: 'demo',
    summary: 'Play the main job step by step and prove it',
    usage: 'demo',
    details: ['Exits with 0 when every step held.'],
    load: () => import('./demo.ts'),
  },
];

/** The command that these arguments begin with, and the arguments after its words. */
export function findCommand(
  args: readonly string[],
): { readonly command: Command; readonly rest: string[] } | undefined {
  for (const command of COMMANDS) {
    const words = command.name.split(' ');
    if (words.every((word, at) => args[at] === word)) {
      return { command, rest: args.slice(words.length) };
    }
  }
  return undefined;
}

/** The help of one command. */
export function helpOf(command: Command): string {
  const { summary, usage, details } = command;
  return [`${summary}.`, '', `Usage: countersign ${usage}`, '', ...details, ''].join('\n');
}

/** The help of all of them. */
export function helpOfAll(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'Countersign: human approval for sensitive actions, in Microsoft Teams.',
    '',
    'Usage: countersign COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    'countersign COMMAND --help tells more.',
    'Exit codes: 0 done, 1 refused or failed, 2 wrong usage.',
    '',
  ].join('\n');
}
