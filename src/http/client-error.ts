import type { Socket } from 'node:net';
import { HTTP_PROBLEMS } from './codes.ts';
import type { HttpCode } from './codes.ts';
import { HttpProblem, errorReply } from './problem.ts';

/** By Node's code: ours, and what to do. */
const CODES: Readonly<Record<string, readonly [HttpCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'Send fewer or shorter headers.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['body_timeout', 'Send the whole request without a pause.'],
};
const MALFORMED = ['request_malformed', 'Send valid HTTP/1.1 (RFC 9112).'] as const;

/**
 * Answers a request that Node could not parse, or that timed out, with a problem document, and
 * closes the connection. Gives the code for metrics; undefined when the client is gone.
 */
export function answerClientError(
  error: Error & { code?: string },
  socket: Socket & { _httpMessage?: unknown },
): HttpCode | undefined {
  // A response is in progress on this connection: a second one would corrupt it.
  if (!socket.writable || socket._httpMessage || error.code === 'ECONNRESET') {
    socket.destroy();
    return undefined;
  }
  const [code, detail] = CODES[error.code ?? ''] ?? MALFORMED;
  const [status, title] = HTTP_PROBLEMS[code];
  const problem = new HttpProblem(code, `${detail} The connection is closed.`);
  const body = JSON.stringify(errorReply(problem).body);
  socket.end(
    [
      `HTTP/1.1 ${status} ${title}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
  return code;
}
