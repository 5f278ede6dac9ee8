import type { Config } from '../config/config.ts';
import { outcomeOf } from '../domain/outcome.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { ExecutionResult, Executors } from '../usecases/ports/executors.ts';
import type { Resolve } from '../net/guarded-connect.ts';
import { createWebhookExecutor } from './webhook/webhook.ts';

/**
 * The executors of a configuration, by name.
 *
 * @throws Error where one cannot be used as configured; the message names it.
 */
export function createExecutors(options: {
  config: Pick<Config, 'executors' | 'profile'>;
  clock: Clock;
  log: Logger;
  /** Name look-ups; the operating system's unless given. */
  resolve?: Resolve;
}): Executors {
  const { config, clock, log, resolve } = options;
  const byName = new Map(
    Object.entries(config.executors).map(([name, executor]) => [
      name,
      createWebhookExecutor({
        name,
        config: executor,
        allowHttp: config.profile === 'local',
        clock,
        ...(resolve ? { resolve } : {}),
      }),
    ]),
  );
  return {
    plan: (name) => byName.get(name)?.plan,
    repeatable: (name) => byName.get(name)?.repeatable ?? false,
    async execute(request, attempt) {
      const { executor: name } = request.plan.execution;
      const executor = byName.get(name);
      if (executor === undefined) return missing(name, clock.now());
      const result = await executor.execute(request, attempt);
      log.info('executor answered', {
        request: request.id,
        executor: name,
        attempt,
        kind: result.kind,
        code: result.outcome.code,
      });
      return result;
    },
  };
}

function missing(name: string, at: number): ExecutionResult {
  return { kind: 'failed', outcome: outcomeOf('executor_missing', { executor: name }, { at }) };
}
