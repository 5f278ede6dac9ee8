import type { IncomingMessage } from 'node:http';

/** The first language range (RFC 9110 §12.5.4): browsers list the preferred one first. */
export function localeOf(req: IncomingMessage): string | null {
  const [locale = ''] = req.headers['accept-language']?.split(/[,;]/, 1) ?? [];
  return locale.trim() || null;
}
