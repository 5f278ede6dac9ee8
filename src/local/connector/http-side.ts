/** The connector's HTTP side: metadata and keys, the bot's login, and the guarded REST API. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { readText, sendJson } from '../loopback.ts';
import type { ConnectorParts } from './parts.ts';
import { answerRest, limitOf } from './rest.ts';
import { refusal } from './rest-answer.ts';
import type { RestRequest } from './rest.ts';

const BODY_BYTES = 262_144;
const REST_PREFIX = '/teams/v3/';
/** Connections that carried a call to the REST API. */
const seen = new WeakSet<Socket>();

/** The paths without REST calls. */
export function pathsOf({ tenantId }: Pick<ConnectorParts, 'tenantId'>) {
  return {
    metadata: '/channel/.well-known/openidconfiguration',
    keys: '/channel/.well-known/keys',
    login: `/${tenantId}/oauth2/v2.0/token`,
  };
}

/** Answers one HTTP request. */
export async function handleHttp(
  parts: ConnectorParts,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const url = new URL(req.url ?? '/', parts.base);
  if (req.headers.host !== new URL(parts.base).host) return sendJson(res, { status: 421 });
  const paths = pathsOf(parts);
  if (req.method === 'GET' && url.pathname === paths.metadata) {
    return sendJson(res, { status: 200, body: metadata(parts, paths.keys) });
  }
  if (req.method === 'GET' && url.pathname === paths.keys) {
    return sendJson(res, { status: 200, body: parts.channel.jwks() });
  }
  if (req.method === 'POST' && url.pathname === paths.login) {
    const form = new URLSearchParams((await readText(req, BODY_BYTES)) ?? '');
    return sendJson(res, await parts.login.token(form));
  }
  if (url.pathname.startsWith(REST_PREFIX)) return handleRest(parts, { req, res, url });
  sendJson(res, refusal(404, 'NotFound', 'There is no such operation.'));
}

function metadata(parts: ConnectorParts, keysPath: string): Record<string, unknown> {
  return {
    issuer: parts.issuer,
    authorization_endpoint: `${parts.base}/not-offered`,
    jwks_uri: `${parts.base}${keysPath}`,
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
  };
}

async function handleRest(
  parts: ConnectorParts,
  call: { req: IncomingMessage; res: ServerResponse; url: URL },
): Promise<void> {
  const { req, res, url } = call;
  const text = await readText(req, BODY_BYTES);
  const body = text === undefined ? undefined : parse(text);
  const method = req.method ?? '';
  const settle = parts.calls.open({ method, path: url.pathname, body, at: parts.now() });
  const answer = (given: { status: number; body?: unknown; headers?: Record<string, string> }) => {
    settle(given.status);
    if (given.status >= 400) parts.log(`from bot: ${method} ${url.pathname}: ${given.status}`);
    sendJson(res, given);
  };
  if (!(await parts.login.accepts(req.headers.authorization))) {
    return answer(refusal(401, 'Unauthorized', 'Authorization has been denied for this request.'));
  }
  if (text === undefined) return answer(refusal(413, 'MessageSizeTooBig', 'The body is too big.'));
  const segments = decoded(url.pathname.slice(REST_PREFIX.length));
  if (segments === undefined || (text !== '' && body === undefined)) {
    return answer(refusal(400, 'BadSyntax', 'The path or the body cannot be read.'));
  }
  const fault = parts.calls.next(method, url.pathname);
  const reused = seen.has(req.socket);
  seen.add(req.socket);
  if (fault?.drop === 'before') return void req.socket.destroy();
  if (fault?.drop === 'stale' && reused) return void req.socket.resetAndDestroy();
  if (fault?.status !== undefined) {
    const { status, code = 'ServiceError', retryAfterSeconds } = fault;
    const headers =
      retryAfterSeconds === undefined ? undefined : { 'Retry-After': String(retryAfterSeconds) };
    return answer({ ...refusal(status, code, 'A planned fault.'), headers });
  }
  const request: RestRequest = { method, parts: segments, query: url.searchParams, body };
  const limit = limitOf(request);
  const waitSeconds = parts.limiter?.take(limit.operation, limit.thread);
  if (waitSeconds !== undefined) {
    const refused = refusal(429, 'TooManyRequests', 'The bot is over its rate limit.');
    return answer({ ...refused, headers: { 'Retry-After': String(waitSeconds) } });
  }
  const done = answerRest(parts, request);
  if (fault?.drop === 'after') return void req.socket.destroy();
  answer(done);
}

function decoded(path: string): string[] | undefined {
  try {
    return path.replace(/\/$/, '').split('/').map(decodeURIComponent);
  } catch (error) {
    if ((error as { name?: unknown } | null)?.name === 'URIError') return undefined;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    if ((error as { name?: unknown } | null)?.name === 'SyntaxError') return undefined;
    throw error;
  }
}
