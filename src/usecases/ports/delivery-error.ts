/**
 * A message that Teams did not take. `gone`: the message or conversation is no more and a repeat
 * is useless; `retryAfterMs`: when to come back; `tried` false: its turn has not come, and nothing
 * was sent.
 */
export class DeliveryError extends Error {
  readonly gone: boolean;
  readonly retryAfterMs: number | null;
  readonly tried: boolean;

  constructor(
    message: string,
    options: { gone: boolean; retryAfterMs: number | null; tried?: boolean; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = 'DeliveryError';
    this.gone = options.gone;
    this.retryAfterMs = options.retryAfterMs;
    this.tried = options.tried ?? true;
  }
}
