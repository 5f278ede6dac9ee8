import type { Request } from '../domain/request/request.ts';
import { lookOf } from './looks.ts';
import { name } from './plain-text.ts';

/** A request in one line of plain text, for notifications and clients without cards. */
export function summaryOf(request: Request): string {
  const title = `${name(request.title)} #${request.number}`;
  if (request.state === 'pending') return `${name(request.requester.name, 60)} asks: ${title}`;
  return `${title}: ${lookOf(request, false).word}`;
}
