import type { Config } from '../config/config.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import type { Problem } from '../config/problem.ts';
import { checkStore } from './check-store.ts';
import { defineCommand, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { readConfig } from './read-config.ts';
import { configOption, jsonOption, profileOption } from './options.ts';

/** `countersign check`: prints every problem of the configuration, or a summary of it. */
export const check = defineCommand({
  options: (command) =>
    command.addOption(configOption).addOption(profileOption).addOption(jsonOption),
  notes: 'Connects to nothing. Warnings alone exit with 0.',
  async run({ options, io }) {
    const { json } = options;
    try {
      const { config, warnings, source } = readConfig(options, io);
      const unusable = await checkStore(config, source);
      if (unusable.length > 0) throw new ConfigError(unusable);
      const good = { ok: true, problems: [], warnings, ...summary(config) };
      if (json) io.stdout(`${JSON.stringify(good)}\n`);
      else sumUp(config, warnings, io);
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { problems } = error;
      if (json) io.stdout(`${JSON.stringify({ ok: false, problems, warnings: [] })}\n`);
      else {
        for (const problem of problems) io.stderr(`${formatProblem(problem)}\n`);
        io.stderr(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}.\n`);
      }
      return EXIT.failed;
    }
  },
});

function summary(config: Config) {
  return {
    publicUrl: config.server.publicUrl,
    store: config.store.kind,
    issuers: config.identity.issuers.map(({ id, use }) => ({ id, use })),
    channels: Object.keys(config.channels),
    executors: Object.keys(config.executors),
    workflows: config.workflows.map(({ id, version, title }) => ({ id, version, title })),
  };
}

function sumUp(config: Config, warnings: readonly Problem[], io: CommandIo): void {
  const { publicUrl, store, issuers, channels, executors, workflows } = summary(config);
  io.stdout(
    [
      `The configuration is good (${config.profile}).`,
      `  Address    ${publicUrl}`,
      `  Store      ${store}`,
      `  Issuers    ${issuers.map(({ id, use }) => `${id} (${use.join(', ')})`).join(', ')}`,
      `  Channels   ${channels.join(', ')}`,
      `  Executors  ${executors.join(', ')}`,
      ...workflows.map(
        ({ id, version }, at) =>
          `  ${at === 0 ? 'Workflows ' : '          '} ${id} @ ${version.slice(0, 12)}`,
      ),
      '',
    ].join('\n'),
  );
  for (const warning of warnings) io.stderr(`warning: ${formatProblem(warning)}\n`);
}
