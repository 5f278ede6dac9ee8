import { refuse } from '../domain/refusal.ts';
import { refusalReply } from './problem.ts';
import type { Reply } from './route.ts';

/** One answer for a missing request and for one that the caller may not read. */
export function requestNotFound(): Reply {
  return refusalReply(refuse('request_not_found').refusal);
}
