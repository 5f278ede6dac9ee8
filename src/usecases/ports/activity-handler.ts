/** Handles activities of Bot Framework: the gate, then the bot. Throws faults. */
export interface ActivityHandler {
  /** `authorization` is the unchanged header; `body` is checked JSON (UTF-8, depth, keys). */
  messages(input: { authorization: string | undefined; body: unknown }): Promise<{
    status: number;
    body?: unknown;
    /** Why the gate refused it: for the metrics, never for the sender. */
    code?: string;
  }>;
}
