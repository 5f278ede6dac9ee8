import type { IncomingMessage } from 'node:http';
import { HttpProblem } from './problem.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** The bearer token of a request (RFC 6750 §2.1; never from body or query). */
export function bearerToken(req: IncomingMessage): string {
  const header = req.headers.authorization;
  const token = header === undefined ? undefined : BEARER.exec(header)?.[1];
  if (token === undefined) {
    throw new HttpProblem('token_missing', 'Send Authorization: Bearer with a token.');
  }
  return token;
}
