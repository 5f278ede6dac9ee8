import type { Config, ExecutorConfig } from '../config/config.ts';
import { outcomeOf } from '../domain/outcome.ts';
import { executorConfigHash } from '../domain/request/digest.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Resolve } from '../net/guarded-connect.ts';
import type { Executors } from '../usecases/ports/executors.ts';
import type { ExecutorKind } from './sdk.ts';
import { webhook } from './webhook/webhook.ts';

/** The kinds for `kind` in countersign.yaml. */
export const EXECUTOR_KINDS: readonly ExecutorKind[] = [webhook];

/**
 * Creates the configured executors.
 *
 * @throws Error for an invalid configuration; the message names the executor.
 */
export function createExecutors(options: {
  config: Pick<Config, 'executors' | 'profile'> & {
    readonly server?: Pick<Config['server'], 'proxy'>;
  };
  clock: Clock;
  log: Logger;
  /** DNS lookups; by default the operating system's. */
  resolve?: Resolve;
  kinds?: readonly ExecutorKind[];
}): Executors {
  const { config, clock, log } = options;
  const byName = new Map(
    Object.entries(config.executors).map(([name, executor]) => [
      name,
      createExecutor({ ...options, name, executor }),
    ]),
  );
  return {
    plan: (name, fields) => byName.get(name)?.plan(fields),
    repeatable: (name) => byName.get(name)?.repeatable ?? false,
    async execute(request, attempt) {
      const { executor: name } = request.plan.execution;
      const executor = byName.get(name);
      if (executor === undefined) {
        const at = clock.now();
        return {
          kind: 'failed',
          outcome: outcomeOf('executor_missing', { executor: name }, { at }),
        };
      }
      const result = await executor.execute(request, attempt);
      const { kind, outcome } = result;
      const fields = { request: request.id, executor: name, attempt, kind, code: outcome.code };
      log.info('executor answered', fields);
      return result;
    },
  };
}

/** Looks whether the target of each executor can be reached: what was found, or the error. */
export function probeExecutors(
  options: Parameters<typeof createExecutors>[0],
): Promise<
  readonly { readonly name: string; readonly found?: string; readonly error?: unknown }[]
> {
  return Promise.all(
    Object.entries(options.config.executors).map(async ([name, executor]) => {
      try {
        return { name, found: await createExecutor({ ...options, name, executor }).probe() };
      } catch (error) {
        return { name, error };
      }
    }),
  );
}

function createExecutor(
  options: Parameters<typeof createExecutors>[0] & { name: string; executor: ExecutorConfig },
) {
  const { name, config, clock, resolve, kinds = EXECUTOR_KINDS } = options;
  const { section, secretRefs } = options.executor;
  const kind = kinds.find((one) => one.kind === options.executor.kind);
  if (kind === undefined) throw new Error(`executors.${name}: unknown kind of executor`);
  const configHash = executorConfigHash({ ...section, ...secretRefs }, kind.defaults);
  const executor = kind.create({
    name,
    section,
    allowHttp: config.profile === 'local',
    clock,
    proxy: config.server?.proxy ?? null,
    ...(resolve ? { resolve } : {}),
  });
  return {
    ...executor,
    plan: (fields: Parameters<typeof executor.plan>[0]) => ({
      executor: name,
      kind: kind.kind,
      configHash,
      ...executor.plan(fields),
    }),
  };
}
