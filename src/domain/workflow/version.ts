import { contentHash } from '../content-hash.ts';

const DAY_MS = 86_400_000;

/** The version of a workflow: the hash of what its file says, defaults left out. */
export function workflowVersion(content: object): string {
  return contentHash('countersign.workflow.v1', content, {
    quorum: 1,
    expire: DAY_MS,
    singleUse: 'workloads',
  });
}
