import type { Outcome } from './outcome.ts';
import type { Request } from './request/request.ts';

/** A notice to a person in their personal chat. Its sentence is in src/text. */
export type Notice =
  | {
      readonly code: 'request_ended';
      readonly params: Pick<Request, 'number' | 'title' | 'state'>;
      readonly outcome: Outcome | null;
    }
  /** Teams refuses the place of the card, so that nobody sees it. */
  | {
      readonly code: 'card_waiting';
      readonly params: Pick<Request, 'number' | 'title'> & {
        /** The configured name. */
        readonly channel: string;
        readonly reason: string;
      };
    };

/** The params of the notice with this code. */
export type NoticeParams<Code extends Notice['code']> = Extract<Notice, { code: Code }>['params'];
