import type { Outcome } from './outcome.ts';
import type { Request } from './request/request.ts';

/** What a person is told in a chat of their own. Its sentence stands in src/text. */
export interface Notice {
  readonly code: 'request_ended';
  readonly params: Pick<Request, 'number' | 'title' | 'state'>;
  readonly outcome: Outcome | null;
}
