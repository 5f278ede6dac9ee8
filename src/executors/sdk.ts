import type { z } from 'zod';
import type { ExecutorSection } from '../config/executor-section.ts';
import type { Defaults } from '../domain/content-hash.ts';
import type { PlannedExecution, Request } from '../domain/request/request.ts';
import type { FieldValue } from '../domain/workflow/workflow.ts';
import type { Clock } from '../lib/clock.ts';
import type { Resolve } from '../net/guarded-connect.ts';
import type { ExecutionResult } from '../usecases/ports/executors.ts';

/** One configured way to apply approved requests. */
export interface Executor {
  /**
   * What it would do for these fields. Approvers see it and the digest covers it, so it is pure and
   * holds no secret.
   */
  plan(
    fields: Readonly<Record<string, FieldValue>>,
  ): Pick<PlannedExecution, 'target' | 'durationMs'>;
  /** Whether the target drops repeats, so that sending again is safe. */
  readonly repeatable: boolean;
  /** Never throws for what the target does; `attempt` counts from 1. */
  execute(request: Request, attempt: number): Promise<ExecutionResult>;
}

/** What an executor is made from. */
export interface ExecutorParts<Section> {
  /** Its name in the configuration, for messages. */
  readonly name: string;
  readonly section: Section;
  /** Whether plain http is taken: the local profile only. */
  readonly allowHttp: boolean;
  readonly clock: Clock;
  /** Name look-ups; the operating system's unless given. */
  readonly resolve?: Resolve;
}

/** A kind of executor: the schema of its section, and how one is made. */
export interface ExecutorKind<Section = Readonly<Record<string, unknown>>> extends ExecutorSection {
  /** Every optional key as it is read: written down or left out, the hash is the same. */
  readonly defaults: Defaults;
  /** @throws Error where the section cannot be used; the message names the executor. */
  create(parts: ExecutorParts<Section>): Executor;
}

/** Defines a kind; `create` gets a section that its schema has checked. */
export function defineExecutor<Schema extends z.ZodObject>(
  kind: ExecutorKind<z.output<Schema>> & { readonly schema: Schema },
): ExecutorKind {
  return kind;
}
