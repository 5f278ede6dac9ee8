import type { z } from 'zod';
import type { ExecutorSection } from '../config/executor-section.ts';
import type { Defaults } from '../domain/content-hash.ts';
import type { PlannedExecution, Request } from '../domain/request/request.ts';
import type { FieldValue } from '../domain/workflow/workflow.ts';
import type { Clock } from '../lib/clock.ts';
import type { Resolve } from '../net/guarded-connect.ts';
import type { ProxySettings } from '../net/proxy-route.ts';
import type { ExecutionResult } from '../usecases/ports/executors.ts';

/** A configured target that applies approved requests. */
export interface Executor {
  /**
   * The effect for these fields. It is pure and contains no secret, because approvers see it and the
   * digest covers it.
   */
  plan(
    fields: Readonly<Record<string, FieldValue>>,
  ): Pick<PlannedExecution, 'target' | 'durationMs'>;
  /** Whether the target ignores repeated calls, so that a retry is safe. */
  readonly repeatable: boolean;
  /** Never throws for the behaviour of the target. `attempt` counts from 1. */
  execute(request: Request, attempt: number): Promise<ExecutionResult>;
  /**
   * Looks whether the target can be reached, without an effect; gives what was found.
   *
   * @throws Error where it cannot.
   */
  probe(): Promise<string>;
}

/** The arguments of `create`. */
export interface ExecutorParts<Section> {
  /** Its name in the configuration, for messages. */
  readonly name: string;
  readonly section: Section;
  /** Whether plain http is allowed: only in the local profile. */
  readonly allowHttp: boolean;
  readonly clock: Clock;
  /** The proxy of the configuration; null: none. */
  readonly proxy: ProxySettings | null;
  /** DNS lookups; by default the operating system's. */
  readonly resolve?: Resolve;
}

/** A kind of executor: the schema of its configuration section, and its factory. */
export interface ExecutorKind<Section = Readonly<Record<string, unknown>>> extends ExecutorSection {
  /** The parsed defaults of optional keys: the hash is the same with or without them. */
  readonly defaults: Defaults;
  /** @throws Error for an invalid section; the message names the executor. */
  create(parts: ExecutorParts<Section>): Executor;
}

/** Defines a kind. `create` gets a section that its schema has validated. */
export function defineExecutor<Schema extends z.ZodObject>(
  kind: ExecutorKind<z.output<Schema>> & { readonly schema: Schema },
): ExecutorKind {
  return kind;
}
