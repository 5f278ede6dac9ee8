import { systemFetch } from '../net/bounded-fetch.ts';
import { UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { readGiven } from './options.ts';

/**
 * The bearer token of a command: from a file, the environment, or (in GitHub Actions with
 * `id-token: write`) a new token of the workflow run for this audience. Never from an argument,
 * because every process of the machine can read arguments.
 */
export async function bearerFor(options: {
  tokenFile?: string | undefined;
  audience: string;
  io: CommandIo;
}): Promise<string> {
  const { tokenFile, audience, io } = options;
  if (tokenFile !== undefined) return checked(readGiven(tokenFile, io), tokenFile);
  if (io.env.COUNTERSIGN_TOKEN) return checked(io.env.COUNTERSIGN_TOKEN, 'COUNTERSIGN_TOKEN');
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = io.env;
  if (url && secret) return githubToken({ url, secret, audience });
  throw new UsageError(
    'A token is needed: --token-file <file>, COUNTERSIGN_TOKEN, or in GitHub Actions the ' +
      'permission id-token: write.',
  );
}

async function githubToken(given: {
  url: string;
  secret: string;
  audience: string;
}): Promise<string> {
  const url = new URL(given.url);
  url.searchParams.set('audience', given.audience);
  const response = await systemFetch(url.href, {
    headers: { authorization: `Bearer ${given.secret}`, accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  });
  const body: unknown = response.ok ? await response.json() : undefined;
  if (
    typeof body === 'object' &&
    body !== null &&
    'value' in body &&
    typeof body.value === 'string'
  ) {
    return checked(body.value, 'GitHub');
  }
  throw new Error(`GitHub did not issue a token for the workflow run (status ${response.status})`);
}

function checked(text: string, from: string): string {
  const token = text.trim();
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(token)) return token;
  throw new UsageError(`${from} does not contain a bearer token.`);
}
