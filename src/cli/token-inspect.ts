import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import type { YamlSource } from '../config/yaml-source.ts';
import type { Inspection } from '../identity/inspect/inspect-token.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { lineOfCheck, sourcesOfRoles } from './explain-check.ts';
import { configPath, parseOptions, readGiven } from './options.ts';
import { inspectionLines, tokenLines, withoutTokens } from './token-report.ts';
import type { Explained, JsonObject } from './token-report.ts';

const MAX_TOKEN_CHARS = 16_384;
/** Told to whoever pastes a token as an argument; it may be wanted all the same. */
const SEEN =
  "An argument stays in the shell's history and is seen by every process of this " +
  'machine: standard input or --file is better.\n';

/**
 * `countersign token inspect`: shows what a token says, without its signature; with a
 * configuration also every check that the service would make, the roles that result, and with
 * `--explain` the line that decided. Exits with 1 where the token would be refused.
 */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseOptions(
    args,
    {
      file: { type: 'string' },
      'token-file': { type: 'string' },
      as: { type: 'string', default: 'api' },
      config: { type: 'string' },
      profile: { type: 'string', default: 'production' },
      explain: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
    0,
    1,
  );
  const { as, profile } = values;
  if (as !== 'api' && as !== 'teams') throw new UsageError('--as is api or teams.');
  if (profile !== 'production' && profile !== 'local') {
    throw new UsageError('--profile is production or local.');
  }
  const token = await tokenOf(values.file ?? values['token-file'], positionals[0], io);
  const [header, claims] = [part(token, 0), part(token, 1)];
  const configured = values.config !== undefined || Boolean(io.env.COUNTERSIGN_CONFIG);
  if (values.explain && !configured) {
    throw new UsageError('--explain needs a configuration: --config FILE, or COUNTERSIGN_CONFIG.');
  }
  if (!configured) {
    io.stdout(
      values.json
        ? jsonLine({ header, claims })
        : `${tokenLines({ header, claims })}Not verified: name a configuration to do so.\n`,
    );
    return EXIT.done;
  }
  const loaded = load({ path: configPath(values.config, io), profile, io });
  if (loaded === undefined) return EXIT.failed;
  const explained = await explain(token, { ...loaded, as });
  io.stdout(
    values.json
      ? jsonLine(reported({ header, claims, explained, lines: values.explain }))
      : tokenLines({ header, claims }) + inspectionLines(explained, values.explain),
  );
  return explained.inspection.verdict.accepted ? EXIT.done : EXIT.failed;
}

async function explain(
  token: string,
  given: { config: Config; source: YamlSource; as: 'api' | 'teams' },
): Promise<Explained> {
  const { config, source, as } = given;
  const { singleSignOn: rules } = config.teams;
  const singleSignOn = as === 'teams';
  if (singleSignOn && !rules.enabled) {
    throw new UsageError('teams.singleSignOn is not enabled in this configuration.');
  }
  const { createVerifier } = await import('../identity/tokens/verify-token.ts');
  const { inspectToken } = await import('../identity/inspect/inspect-token.ts');
  const { createGraphWays, createGroupSource } = await import('../identity/group-lookup.ts');
  const parts = { config, clock: systemClock, log: silentLogger };
  const groups = createGroupSource({ ...parts, ways: createGraphWays() });
  const verifier = createVerifier({ ...parts, groups });
  const inspection = await inspectToken(
    token,
    singleSignOn
      ? {
          verifier,
          singleSignOn: rules,
          purpose: {
            kind: 'single-sign-on',
            provider: rules.issuer,
            audiences: new Set(rules.audiences),
          },
        }
      : { verifier, purpose: { kind: 'bearer' } },
  );
  const { verdict, issuer, claims } = inspection;
  return {
    inspection,
    configured: config.identity.issuers.map((one) => one.issuer),
    lines: new Map(
      inspection.checks.map(({ check }) => [
        check,
        lineOfCheck(check, { config, source, issuer, singleSignOn }),
      ]),
    ),
    roles:
      verdict.accepted && issuer !== null
        ? sourcesOfRoles(verdict.principal.roles, { config, source, issuer, claims: claims ?? {} })
        : [],
  };
}

function reported(given: {
  header: JsonObject;
  claims: JsonObject;
  explained: Explained;
  lines: boolean;
}) {
  const {
    explained: { inspection, lines, roles },
  } = given;
  const { issuer, verdict } = inspection;
  const checks = inspection.checks.map((one) => {
    const line = given.lines ? lines.get(one.check) : undefined;
    return line === undefined ? one : { ...one, decidedBy: line };
  });
  return {
    header: given.header,
    claims: given.claims,
    issuer,
    checks,
    verdict: verdict.accepted ? { accepted: true, principal: shortly(verdict) } : verdict,
    ...(given.lines ? { roles } : {}),
  };
}

function shortly({ principal }: Extract<Inspection['verdict'], { accepted: true }>) {
  const { key, kind, name, roles, claims } = principal;
  return { key, kind, name, roles, claims };
}

function load(given: { path: string; profile: 'production' | 'local'; io: CommandIo }) {
  const { path, profile, io } = given;
  try {
    return loadConfig({ path, env: io.env, profile });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) io.stderr(`${formatProblem(problem)}\n`);
    return undefined;
  }
}

function jsonLine(value: unknown): string {
  return `${JSON.stringify(withoutTokens(value))}\n`;
}

async function tokenOf(
  file: string | undefined,
  argument: string | undefined,
  io: CommandIo,
): Promise<string> {
  if (file !== undefined && argument !== undefined) {
    throw new UsageError('Give the token once: as an argument, by --file, or on standard input.');
  }
  if (argument !== undefined) {
    io.stderr(SEEN);
    return bare(argument);
  }
  return bare(file === undefined ? await standardInput() : readGiven(file, io));
}

/** What is pasted often comes from a header. */
function bare(text: string): string {
  return text.trim().replace(/^(authorization:\s*)?bearer\s+/i, '');
}

function part(token: string, at: 0 | 1): JsonObject {
  const parts = token.split('.');
  try {
    if (token.length <= MAX_TOKEN_CHARS && parts.length === 3) {
      const value: unknown = JSON.parse(Buffer.from(parts[at] ?? '', 'base64url').toString('utf8'));
      if (typeof value === 'object' && value !== null) return { ...value };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError('This is no signed token (three parts with dots between, JSON inside).');
}

async function standardInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > MAX_TOKEN_CHARS) break;
  }
  return text;
}
