import { refusalReply } from './problem.ts';
import type { Reply } from './route.ts';

/** The same answer for a request that is not there and for one that the caller may not read. */
export function requestNotFound(): Reply {
  return refusalReply({
    code: 'request_not_found',
    message: 'There is no such request, or it is not yours to read.',
  });
}
