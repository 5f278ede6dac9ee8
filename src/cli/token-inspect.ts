import { loadConfig } from '../config/load-config.ts';
import { systemClock, toTimestamp } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { IdentityError } from '../usecases/ports.ts';
import { EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { configPath, parseOptions, readGiven } from './options.ts';
import { plain } from './report.ts';

const MAX_TOKEN_CHARS = 16_384;
const TIMES = ['iat', 'nbf', 'exp', 'auth_time'] as const;

interface Verdict {
  readonly accepted: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly principal?: {
    readonly key: string; readonly kind: string; readonly roles: readonly string[];
  };
}

/**
 * `countersign token inspect`: shows what a token says, without its signature; with a
 * configuration also verifies it as the API would, and exits with 1 where it is refused.
 */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseOptions(args, {
    'token-file': { type: 'string' },
    config: { type: 'string' },
    profile: { type: 'string', default: 'production' },
    json: { type: 'boolean', default: false },
  }, 0);
  const tokenFile = values['token-file'];
  const text = tokenFile === undefined ? await standardInput() : readGiven(tokenFile, io);
  const token = text.trim();
  const claims = part(token, 1);
  const header = part(token, 0);
  const verdict = values.config === undefined && !io.env.COUNTERSIGN_CONFIG
    ? undefined
    : await verify({ token, path: configPath(values.config, io), profile: values.profile, io });
  if (values.json) {
    io.stdout(`${JSON.stringify({ header, claims, ...(verdict ? { verdict } : {}) })}\n`);
  } else {
    io.stdout(describe(header, claims, verdict));
  }
  return verdict === undefined || verdict.accepted ? EXIT.done : EXIT.failed;
}

async function verify(given: {
  token: string; path: string; profile: string; io: CommandIo;
}): Promise<Verdict> {
  const profile = given.profile === 'local' ? 'local' : 'production';
  const { config } = loadConfig({ path: given.path, env: given.io.env, profile });
  const { createIdentity } = await import('../identity/identity.ts');
  const identity = createIdentity({ config, clock: systemClock, log: silentLogger });
  try {
    const { key, kind, roles } = await identity.verifyBearer(given.token);
    return { accepted: true, principal: { key, kind, roles } };
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return { accepted: false, code: error.code, message: error.message };
  }
}

function describe(
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
  verdict: Verdict | undefined,
): string {
  const lines = ['Header', ...entries(header), 'Claims', ...entries(claims)];
  for (const name of TIMES) {
    const seconds = claims[name];
    if (typeof seconds !== 'number' || Math.abs(seconds) > 8e12) continue;
    lines.push(`  ${name} is ${toTimestamp(seconds * 1_000)}`);
  }
  if (verdict === undefined) lines.push('Not verified: name a configuration to do so.');
  else if (verdict.accepted) {
    const { key = '', kind = '', roles = [] } = verdict.principal ?? {};
    lines.push(`Accepted: ${kind} ${plain(key)}, roles ${roles.map(plain).join(', ') || 'none'}.`);
  } else lines.push(`Refused: ${plain(verdict.message)} [${plain(verdict.code)}]`);
  return `${lines.join('\n')}\n`;
}

function entries(object: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(object).map(([name, value]) =>
    `  ${plain(name)}: ${plain(JSON.stringify(value))}`);
}

function part(token: string, at: 0 | 1): Readonly<Record<string, unknown>> {
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
