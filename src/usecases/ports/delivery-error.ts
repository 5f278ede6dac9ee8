/**
 * What a refusal of Teams says. `message_gone`: somebody deleted the message. `not_member`: the app
 * is not in that channel or chat. `place_unknown`: there is no such channel or conversation.
 * `blocked`: an administrator blocked the app. `unreachable`: the person does not have the app, or
 * blocked it. learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages
 */
export type DeliveryReason =
  'message_gone' | 'not_member' | 'place_unknown' | 'blocked' | 'unreachable';

/**
 * A message that Teams did not accept. `reason` null: the refusal says nothing about message or
 * place, and may pass. `status`: of HTTP; null without an answer. `retryAfterMs`: the delay of a
 * retry. `tried` false: the turn has not come, and nothing was sent.
 */
export class DeliveryError extends Error {
  readonly reason: DeliveryReason | null;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly tried: boolean;

  constructor(
    message: string,
    options: {
      reason?: DeliveryReason | null;
      status?: number | null;
      retryAfterMs?: number | null;
      tried?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'DeliveryError';
    this.reason = options.reason ?? null;
    this.status = options.status ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.tried = options.tried ?? true;
  }
}
