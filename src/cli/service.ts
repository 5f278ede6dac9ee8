import { isIP } from 'node:net';
import { isJsonObject } from '../lib/strict-json.ts';
import { UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { readGiven } from './options.ts';
import { outgoingFetch } from './outgoing-fetch.ts';

/** A running service, and the bearer token that a command calls it with. */
export interface Service {
  /** Its address, without a trailing slash. */
  readonly base: string;
  readonly token: string;
}

/** The options of a command that calls a running service. */
export interface ServiceOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly audience?: string;
}

/**
 * The service that the options or the environment name. Its token is from a file, the environment,
 * or (in GitHub Actions with `id-token: write`) a new token of the workflow run. Never from an
 * argument, because every process of the machine can read arguments.
 *
 * @throws UsageError where the address or the token is missing or malformed.
 */
export async function serviceOf(options: ServiceOptions, io: CommandIo): Promise<Service> {
  const base = addressOf(options.url ?? io.env.COUNTERSIGN_URL);
  const { tokenFile, audience = base } = options;
  if (tokenFile !== undefined) {
    return { base, token: checked(readGiven(tokenFile, io), tokenFile) };
  }
  const { COUNTERSIGN_TOKEN: text } = io.env;
  if (text) return { base, token: checked(text, 'COUNTERSIGN_TOKEN') };
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = io.env;
  if (url && secret) return { base, token: await githubToken({ url, secret, audience, io }) };
  throw new UsageError(
    'A token is needed: --token-file <file>, COUNTERSIGN_TOKEN, or in GitHub Actions the ' +
      'permission id-token: write.',
  );
}

function addressOf(text = ''): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('Name the service: --url https://…, or COUNTERSIGN_URL.');
  }
  // Paths are added at the end, and fetch takes no user or password in an address.
  if (url.username + url.password !== '' || /[?#]/.test(text)) {
    throw new UsageError('The address of the service has no user, password, query or fragment.');
  }
  if (!isPrivateWay(url)) {
    throw new UsageError(
      'A token is sent over https only, because anybody on the way could read it: --url https://… ' +
        '(http is for this machine: localhost, 127.0.0.1, [::1]).',
    );
  }
  return text.trim().replace(/\/+$/, '');
}

/** Whether nobody on the way can read what is sent: https, or loopback. */
function isPrivateWay({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

async function githubToken(given: {
  io: CommandIo;
  url: string;
  secret: string;
  audience: string;
}): Promise<string> {
  const url = URL.parse(given.url);
  if (!url || !isPrivateWay(url)) {
    throw new UsageError(
      'ACTIONS_ID_TOKEN_REQUEST_URL is no https address: no token is asked for.',
    );
  }
  url.searchParams.set('audience', given.audience);
  const response = await outgoingFetch(given.io)(url.href, {
    headers: { authorization: `Bearer ${given.secret}`, accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  });
  const body: unknown = response.ok ? await response.json() : undefined;
  if (isJsonObject(body) && typeof body['value'] === 'string') {
    return checked(body['value'], 'GitHub');
  }
  throw new Error(`GitHub did not issue a token for the workflow run (status ${response.status})`);
}

function checked(text: string, from: string): string {
  const token = text.trim();
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(token)) return token;
  throw new UsageError(`${from} does not contain a bearer token.`);
}
