import { refuse } from '../domain/refusal.ts';
import { refusalReply } from './problem.ts';
import type { Reply } from './route.ts';

/** The same answer for a request that is not there and for one that the caller may not read. */
export function requestNotFound(): Reply {
  return refusalReply(refuse('request_not_found').refusal);
}
