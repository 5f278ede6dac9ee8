import { contentHash } from '../content-hash.ts';
import type { Defaults } from '../content-hash.ts';

const DAY_MS = 86_400_000;

/** Every optional key of a workflow file that has a default, as the file is read. */
const DEFAULTS: Defaults = {
  keywords: [],
  fields: [],
  'fields.*.required': false,
  'request.roles': [],
  'request.workloads': [],
  'request.agents': false,
  'request.reruns': false,
  'stages.*.quorum': 1,
  timing: {},
  'timing.expire': DAY_MS,
  'execute.recheckRoles': false,
  singleUse: 'workloads',
};

/** The version of a workflow: the hash of what its file says, defaults left out. */
export function workflowVersion(content: object): string {
  return contentHash('countersign.workflow.v1', content, DEFAULTS);
}
