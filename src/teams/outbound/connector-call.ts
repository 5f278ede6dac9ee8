import type { Turn } from '../../usecases/ports/notifier.ts';
import type { ConnectorClient } from './connector-clients.ts';

/** A call to the Bot Connector, and the limits that it counts against. */
export interface Call<Content, Value> {
  /** Names the call in errors. */
  readonly what: string;
  readonly serviceUrl: string;
  /** The conversation, or the place where a new one is created. */
  readonly thread: string;
  readonly tenantId: string;
  /** The lowest value in a thread goes first; for equal values the earlier due time. */
  readonly priority: number;
  /** The maximum wait for its turn (ms); then it is rejected with the time of its retry. */
  readonly maxWaitMs: number;
  /** Absent: due now, and the caller occupies its worker while it waits. */
  readonly turn?: Turn | undefined;
  /** Creates the content when the turn has come; null: nothing is to be sent any more. */
  prepare(): Promise<Content>;
  make(
    client: ConnectorClient,
    content: Exclude<Content, null>,
    options: { abortSignal: AbortSignal },
  ): Promise<Value>;
}
