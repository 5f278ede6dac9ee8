import { Option } from '@commander-js/extra-typings';
import type { Config } from '../config/config.ts';
import type { YamlSource } from '../config/yaml-source.ts';
import type { Inspection } from '../identity/inspect/inspect-token.ts';
import type { Purpose } from '../identity/tokens/verify-token.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { isJsonObject } from '../lib/strict-json.ts';
import type { JsonObject } from '../lib/strict-json.ts';
import { defineCommand, EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { readConfig } from './read-config.ts';
import { lineOfCheck, sourcesOfRoles } from './explain-check.ts';
import { configOption, jsonOption, profileOption, readGiven } from './options.ts';
import { inspectionLines, tokenLines, withoutTokens } from './token-report.ts';
import type { Explained } from './token-report.ts';

const MAX_TOKEN_CHARS = 16_384;
const ARGUMENT_WARNING =
  "warning: an argument stays in the shell's history, and every process of this machine can read " +
  'it. Use standard input or --file.\n';

/**
 * `countersign token inspect`: shows what a token says, without its signature. With a
 * configuration it makes every check of the service and shows the resulting roles; with
 * `--explain` also the line of the configuration that decided. Exits with 1 when the service would
 * refuse the token.
 */
export const tokenInspect = defineCommand({
  options: (command) =>
    command
      // Variadic, so that commander's error about a second argument does not print the token.
      .argument('[token...]', 'the token; safer in a file or on standard input')
      .option('--token-file, --file <file>', 'file with the token')
      .addOption(
        new Option(
          '--as <use>',
          'a bearer token of the API, or the single sign-on token of a click',
        )
          .choices(['api', 'teams'] as const)
          .default('api' as const),
      )
      .addOption(configOption)
      .option('--explain', 'name the line of countersign.yaml that decided each check and role')
      .addOption(profileOption)
      .addOption(jsonOption),
  notes:
    'With a configuration, makes every check that the service would make. Without one, verifies ' +
    'nothing and shows what the token claims. Never shows the signature. Exits with 1 when the ' +
    'service would refuse the token.',
  async run({ args: [words], options, io }) {
    const { file, as, config, explain, json } = options;
    const token = await tokenOf(file, words, io);
    const [header, claims] = [part(token, 0), part(token, 1)];
    const configured = config !== undefined || Boolean(io.env.COUNTERSIGN_CONFIG);
    if (explain && !configured) {
      throw new UsageError('--explain needs a configuration: --config or COUNTERSIGN_CONFIG.');
    }
    if (!configured) {
      const text = `${tokenLines({ header, claims })}Not verified: name a configuration to do so.\n`;
      io.stdout(json ? jsonLine({ header, claims }) : text);
      return EXIT.done;
    }
    const explained = await inspect(token, { ...readConfig(options, io), as });
    const lines = explain === true;
    io.stdout(
      json
        ? jsonLine({ header, claims, ...reported(explained, lines) })
        : tokenLines({ header, claims }) + inspectionLines(explained, lines),
    );
    return explained.inspection.verdict.accepted ? EXIT.done : EXIT.failed;
  },
});

/** Makes every check of the service on a token, and finds the lines that decided. */
export async function inspect(
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
  const { createDirectory } = await import('../directory/directory.ts');
  const parts = { config, clock: systemClock, log: silentLogger };
  const verifier = createVerifier({ ...parts, directory: createDirectory(parts) });
  const { issuer: provider, audiences } = rules;
  const purpose: Purpose = singleSignOn
    ? { kind: 'single-sign-on', provider, audiences: new Set(audiences) }
    : { kind: 'bearer' };
  const inspection = await inspectToken(token, {
    verifier,
    purpose,
    singleSignOn: singleSignOn ? rules : undefined,
  });
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

/** What `--json` prints of an inspection; with `withLines` also the deciding lines. */
function reported({ inspection, lines, roles }: Explained, withLines: boolean) {
  const { issuer, verdict } = inspection;
  const checks = inspection.checks.map((one) => {
    const decidedBy = withLines ? lines.get(one.check) : undefined;
    return { ...one, decidedBy };
  });
  return {
    issuer,
    checks,
    verdict: verdict.accepted ? { accepted: true, principal: shortly(verdict) } : verdict,
    roles: withLines ? roles : undefined,
  };
}

function shortly({ principal }: Extract<Inspection['verdict'], { accepted: true }>) {
  const { key, kind, name, roles, claims } = principal;
  return { key, kind, name, roles, claims };
}

function jsonLine(value: unknown): string {
  return `${JSON.stringify(withoutTokens(value))}\n`;
}

async function tokenOf(
  file: string | undefined,
  words: readonly string[],
  io: CommandIo,
): Promise<string> {
  const argument = words.length === 0 ? undefined : words.join(' ');
  if (file !== undefined && argument !== undefined) {
    throw new UsageError('Give the token once: as an argument, with --file, or on standard input.');
  }
  if (argument !== undefined) {
    io.stderr(ARGUMENT_WARNING);
    return bare(argument);
  }
  return bare(file === undefined ? await standardInput() : readGiven(file, io));
}

/** Takes the header name and scheme off a token that was copied from a header. */
export function bare(text: string): string {
  return text.trim().replace(/^(authorization:\s*)?bearer\s+/i, '');
}

function part(token: string, at: 0 | 1): JsonObject {
  const parts = token.split('.');
  try {
    if (token.length <= MAX_TOKEN_CHARS && parts.length === 3) {
      const value: unknown = JSON.parse(Buffer.from(parts[at] ?? '', 'base64url').toString('utf8'));
      if (isJsonObject(value)) return value;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(
    'This is not a signed token (three parts of base64url JSON, with dots between).',
  );
}

async function standardInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > MAX_TOKEN_CHARS) break;
  }
  return text;
}
