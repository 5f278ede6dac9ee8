/** The answer to a call of the connector's REST API. */
export interface RestAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** An error in the form of Bot Framework. */
export function refusal(status: number, code: string, message: string): RestAnswer {
  return { status, body: { error: { code, message } } };
}
