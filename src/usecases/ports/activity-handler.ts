/** Takes what Bot Framework posts: the gate and the bot behind it. A fault is thrown. */
export interface ActivityHandler {
  /** `authorization` is the header as it came; `body` is checked JSON (UTF-8, depth, keys). */
  messages(input: { authorization: string | undefined; body: unknown }): Promise<{
    status: number;
    body?: unknown;
    /** Why it was kept out: for the metrics, never for the sender. */
    code?: string;
  }>;
}
