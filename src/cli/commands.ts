import type { CliCommand } from './command.ts';

/** A command in the list: its file is loaded only when the command is asked for. */
export interface CommandEntry {
  /** One word, or the name of a group and one word. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CliCommand>;
}

/** The first words of commands with two words, with the summary of the group. */
export const GROUPS: Readonly<Record<string, string>> = {
  token: 'Tokens',
  audit: 'The audit log',
  session: 'Sessions of people',
  keys: 'Our own keys',
  jobs: 'Jobs of the service',
};

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'Run the service',
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'check',
    summary: 'Check the configuration and print every problem',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'migrate',
    summary: 'Bring the schema of the store up to date, or move to SQL Server',
    load: async () => (await import('./migrate.ts')).migrate,
  },
  {
    name: 'request',
    summary: 'Make a request',
    load: async () => (await import('./request.ts')).request,
  },
  {
    name: 'wait',
    summary: 'Wait for the end of a request',
    load: async () => (await import('./wait.ts')).wait,
  },
  {
    name: 'cancel',
    summary: 'Take a request back',
    load: async () => (await import('./cancel.ts')).cancel,
  },
  {
    name: 'token inspect',
    summary: 'Show what a token says and whether it is accepted',
    load: async () => (await import('./token-inspect.ts')).tokenInspect,
  },
  {
    name: 'doctor',
    summary: 'Test providers, keys, logins, channels, targets and the store',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'audit verify',
    summary: 'Recompute the audit log and compare',
    load: async () => (await import('./audit-verify.ts')).auditVerify,
  },
  {
    name: 'audit show',
    summary: "Tell a request's story from the audit log",
    load: async () => (await import('./audit-show.ts')).auditShow,
  },
  {
    name: 'audit accept',
    summary: 'Accept a restored log that is shorter than its witness',
    load: async () => (await import('./audit-accept.ts')).auditAccept,
  },
  {
    name: 'audit export',
    summary: 'Print the sealed audit log as JSON lines',
    load: async () => (await import('./audit-export.ts')).auditExport,
  },
  {
    name: 'erase',
    summary: 'Erase a person',
    load: async () => (await import('./erase.ts')).erase,
  },
  {
    name: 'jobs list',
    summary: 'List jobs that were given up, with the reason',
    load: async () => (await import('./jobs.ts')).jobsList,
  },
  {
    name: 'jobs show',
    summary: 'Show one job',
    load: async () => (await import('./jobs.ts')).jobsShow,
  },
  {
    name: 'jobs retry',
    summary: 'Try a job again now',
    load: async () => (await import('./jobs.ts')).jobsRetry,
  },
  {
    name: 'jobs drop',
    summary: 'Delete a job that was given up',
    load: async () => (await import('./jobs.ts')).jobsDrop,
  },
  {
    name: 'session revoke',
    summary: 'End sessions of people, from their next click on',
    load: async () => (await import('./session-revoke.ts')).sessionRevoke,
  },
  {
    name: 'keys rotate',
    summary: 'Make a new key for stored secrets; older keys still decrypt',
    load: async () => (await import('./keys-rotate.ts')).keysRotate,
  },
  {
    name: 'package-app',
    summary: 'Write the Teams app package',
    load: async () => (await import('./package-app.ts')).packageApp,
  },
  {
    name: 'local',
    summary: 'Run everything on this machine, with demo people',
    load: async () => (await import('./local.ts')).local,
  },
  {
    name: 'demo',
    summary: 'Play the main job step by step and prove each step',
    load: async () => (await import('./demo.ts')).demo,
  },
];

/** The command whose name these words begin with. */
export function findCommand(words: readonly string[]): CommandEntry | undefined {
  return COMMANDS.find(({ name }) => name.split(' ').every((word, at) => words[at] === word));
}
