import type { Turn } from '../../usecases/ports/notifier.ts';
import type { ConnectorClient } from './connector-clients.ts';

/** One call of the Bot Connector and what it counts against. */
export interface Call<Content, Value> {
  /** Names the call in errors. */
  readonly what: string;
  readonly serviceUrl: string;
  /** The conversation, or what a new one is made in. */
  readonly thread: string;
  readonly tenantId: string;
  /** In its thread the smallest goes first; of equal ones that which is due first. */
  readonly priority: number;
  /** Longest wait (ms) for its turn; then it is refused, with the time to come again. */
  readonly patienceMs: number;
  /** Absent: it is due now, and nobody else hears of its wait. */
  readonly turn?: Turn | undefined;
  /** Gives what is sent, once the turn has come; null: there is nothing to send any more. */
  prepare(): Promise<Content>;
  make(
    client: ConnectorClient,
    content: Exclude<Content, null>,
    options: { abortSignal: AbortSignal },
  ): Promise<Value>;
}
