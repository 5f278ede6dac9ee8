import type { Refusal } from '../domain/refusal.ts';
import type { Request } from '../domain/request/request.ts';
import type { Viewer } from '../domain/views/request-view.ts';
import type { RequestForm } from '../usecases/ports/cards.ts';
import type { NotProven } from './prover.ts';

/** What is wrong with a card action that no client of ours sends. */
export const CARD_ACTION_CODES = ['sender_unknown', 'card_data_invalid', 'verb_unknown'] as const;

/** Codes of an action that cannot be understood. */
export type InvalidCode =
  (typeof CARD_ACTION_CODES)[number] | 'workflow_unknown' | 'request_not_found';

/** What came of an action. Each surface renders it: Teams as a card, a page as HTML. */
export type Reply<Ask> =
  /** The request as this viewer sees it now; `review`: everything that is decided about. */
  | { readonly kind: 'request' | 'review'; readonly request: Request; readonly viewer: Viewer }
  /** The form again, with what is wrong in it. */
  | { readonly kind: 'form'; readonly form: RequestForm }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'invalid'; readonly code: InvalidCode }
  | NotProven<Ask>;
