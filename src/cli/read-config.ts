import { resolve } from 'node:path';
import { loadConfig } from '../compose/load-config.ts';
import type { Profile } from '../config/config.ts';
import { UsageError } from './command.ts';
import type { CommandIo } from './command.ts';

/**
 * Loads the configuration that `--config` or the environment names.
 *
 * @throws UsageError where neither names one, ConfigError where it has problems.
 */
export function readConfig(given: { config?: string; profile?: Profile }, io: CommandIo) {
  const path = configPath(given, io);
  return { path, ...loadConfig({ path, env: io.env, profile: given.profile ?? 'production' }) };
}

/** The path that `--config` or the environment names. @throws UsageError where neither does. */
export function configPath(given: { config?: string }, io: CommandIo): string {
  const file = given.config ?? io.env.COUNTERSIGN_CONFIG;
  if (file !== undefined && file !== '') return resolve(io.cwd, file);
  throw new UsageError('Name the configuration: --config <file>, or COUNTERSIGN_CONFIG.');
}
