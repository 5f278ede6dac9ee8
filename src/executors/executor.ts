import type { PlannedExecution, Request } from '../domain/request/request.ts';
import type { ExecutionResult } from '../usecases/ports/executors.ts';

/** One configured way to apply approved requests. */
export interface Executor {
  readonly plan: PlannedExecution;
  /** Whether the target drops repeats, so that sending again is safe. */
  readonly repeatable: boolean;
  /** Never throws for what the target does; `attempt` counts from 1. */
  execute(request: Request, attempt: number): Promise<ExecutionResult>;
}
