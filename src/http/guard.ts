import type { IncomingMessage } from 'node:http';
import type { HttpLimits } from './limits.ts';
import { unreadProblem } from './problem.ts';

type GuardLimits = Pick<HttpLimits, 'targetChars' | 'headerCount'>;

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST'];
const TARGET = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;

/**
 * Rejects requests that restify cannot handle. restify builds a URL from Host header and target
 * without a try, so an invalid one ends the process: the target is checked, and Host is replaced
 * (nothing reads it, as the public URL is configured). Repeated headers that two parsers could read
 * differently are rejected.
 *
 * @throws HttpProblem for an invalid target, method or header.
 */
export function guardRequest(req: IncomingMessage, limits: GuardLimits): void {
  if (req.rawHeaders.length > 2 * limits.headerCount) {
    const detail = `At most ${limits.headerCount} headers are accepted.`;
    throw unreadProblem('headers_too_large', detail);
  }
  const target = req.url ?? '';
  if (target.length > limits.targetChars || !TARGET.test(target) || !decodes(target)) {
    throw unreadProblem('target_invalid', 'Use a path of plain, percent-encoded characters.');
  }
  if (!METHODS.includes(req.method ?? '')) {
    const allow = METHODS.join(', ');
    throw unreadProblem('method_not_allowed', 'Use GET, HEAD or POST.', { allow });
  }
  const { authorization = [], 'content-type': types = [] } = req.headersDistinct;
  if (authorization.length > 1 || types.length > 1) {
    throw unreadProblem('header_invalid', 'Send Authorization and Content-Type once at most.');
  }
  req.headers.host = 'localhost';
}

/** Whether the percent-encoded bytes of a target are UTF-8 without control characters. */
function decodes(target: string): boolean {
  if (!target.includes('%')) return true;
  try {
    return !/[\u0000-\u001f\u007f]/.test(decodeURIComponent(target.split('?')[0] ?? ''));
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
