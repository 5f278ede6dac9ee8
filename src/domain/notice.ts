import type { Outcome } from './outcome.ts';
import type { Request } from './request/request.ts';

/** A notice to a person in their personal chat. Its sentence is in src/text. */
export interface Notice {
  readonly code: 'request_ended';
  readonly params: Pick<Request, 'number' | 'title' | 'state'>;
  readonly outcome: Outcome | null;
}
