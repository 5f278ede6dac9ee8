import type { Outcome } from '../../domain/outcome.ts';
import type { FieldValue } from '../../domain/workflow/workflow.ts';
import type { PlannedExecution, Request } from '../../domain/request/request.ts';

/** The executors in force. */
export interface Executors {
  /** What an executor would do for these fields; undefined where the name is not configured. */
  plan(name: string, fields: Readonly<Record<string, FieldValue>>): PlannedExecution | undefined;
  execute(request: Request, attempt: number): Promise<ExecutionResult>;
  /** Whether sending the same request again is safe, because the target drops repeats. */
  repeatable(name: string): boolean;
}

/**
 * The result of an execution. `retry`: not applied, or safe to repeat. `unknown`: sent, but it is
 * unknown whether it took effect.
 */
export type ExecutionResult =
  | { readonly kind: 'applied' | 'failed' | 'unknown'; readonly outcome: Outcome }
  | { readonly kind: 'retry'; readonly outcome: Outcome; readonly retryAfterMs: number | null };
