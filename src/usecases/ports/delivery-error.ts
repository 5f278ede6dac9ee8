/**
 * A message that Teams did not accept. `gone`: message or conversation does not exist any more, so
 * a retry is useless. `retryAfterMs`: the delay of a retry. `tried` false: the turn has not come,
 * and nothing was sent.
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
