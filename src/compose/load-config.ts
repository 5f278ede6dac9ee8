import { loadConfig as load } from '../config/load-config.ts';
import type { LoadOptions } from '../config/load-config.ts';
import { EXECUTOR_KINDS } from '../executors/registry.ts';

/** Reads and checks countersign.yaml, with the sections of every kind of executor. */
export function loadConfig(options: Omit<LoadOptions, 'executors'>): ReturnType<typeof load> {
  return load({ ...options, executors: EXECUTOR_KINDS });
}
