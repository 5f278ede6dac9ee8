import { z } from 'zod';
import { checkShape } from './check-shape.ts';
import { machineFiles, readConfigText } from './files.ts';
import { ConfigError } from './problem.ts';
import { referenceSubstitute } from './references.ts';
import { exchangeResource } from './resolve-teams.ts';
import { urlSchema } from './schema-parts.ts';
import { teamsSchema } from './schema-teams.ts';
import { readYaml } from './yaml-source.ts';

/** The parts of countersign.yaml that describe the Teams app. None is a secret. */
const appSchema = z.object({
  server: z.object({ publicUrl: urlSchema }),
  teams: z.object({
    appId: teamsSchema.shape.appId,
    singleSignOn: teamsSchema.shape.singleSignOn,
  }),
});

/**
 * Reads what the Teams app package needs of countersign.yaml. References of other parts may be
 * unset, so that no secret of the service is needed where the package is made.
 *
 * @throws ConfigError with every problem of these parts.
 */
export function loadAppSettings({
  path,
  env,
}: {
  path: string;
  env: Readonly<Record<string, string | undefined>>;
}) {
  const { readFile } = machineFiles;
  const text = readConfigText(path, machineFiles);
  const substitute = referenceSubstitute({ file: path, env, readFile });
  const { source, problems: form } = readYaml({ file: path, text, substitute });
  const shape = checkShape(source, appSchema);
  const shown = 'problems' in shape ? shape.problems : [];
  const used = new Set(shown.map((problem) => problem.path));
  const problems = form.filter(({ rule, path }) => rule !== 'reference_missing' || used.has(path));
  const reported = new Set(problems.map((problem) => problem.path));
  problems.push(...shown.filter((problem) => !reported.has(problem.path)));
  if (problems.length > 0 || !('value' in shape)) throw new ConfigError(problems);
  const { server, teams } = shape.value;
  const { enabled } = teams.singleSignOn;
  return {
    server,
    teams: { appId: teams.appId, singleSignOn: { enabled, resource: exchangeResource(teams) } },
  };
}
