import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import { machineFiles } from '../config/files.ts';
import type { Problem } from '../config/problem.ts';
import { reportTo } from '../config/report.ts';
import type { YamlSource } from '../config/yaml-source.ts';
import { connectionProblem } from '../store/connection-problem.ts';

/** What is known of the store without opening it: its folder, or its connection string. */
export async function checkStore(
  { store, profile }: Pick<Config, 'store' | 'profile'>,
  source: YamlSource,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const report = reportTo(problems, source);
  if (store.kind === 'sqlserver') {
    const allowUntrusted = profile === 'local';
    const expected = await connectionProblem(store.connectionString, { allowUntrusted });
    const path = ['store', 'connectionString'];
    if (expected !== undefined) report(path, 'connection_string', store.connectionString, expected);
    return problems;
  }
  const path = ['store', 'path'];
  const folder = dirname(store.path);
  if (machineFiles.kindOf(folder) !== 'folder') {
    const expected = `a folder that exists: make ${folder} (the service makes only the file)`;
    report(path, 'store_folder_missing', store.path, expected);
  } else if (machineFiles.kindOf(store.path) === 'folder') {
    report(path, 'store_is_folder', store.path, 'the path of a file, such as countersign.db in it');
  }
  return problems;
}
