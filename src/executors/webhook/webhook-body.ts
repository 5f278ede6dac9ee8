import type { Request } from '../../domain/request/request.ts';
import { approvalsOf } from '../../domain/request/recheck.ts';
import { shownFields } from '../../domain/request/shown-fields.ts';
import { stageById } from '../../domain/request/stages.ts';
import { toTimestamp } from '../../lib/clock.ts';

/**
 * The JSON body for the target: the approved request and its approvals. It is byte-identical for every
 * attempt, so that a target can compare repeats. Delivery time and signature are in the headers.
 */
export function webhookBody(request: Request): string {
  const approvals = approvalsOf(request);
  const approvedAt = Math.max(request.createdAt, ...approvals.map(({ at }) => at));
  const { requester, beneficiary } = request;
  return JSON.stringify({
    type: 'countersign.request.approved',
    timestamp: toTimestamp(approvedAt),
    data: {
      request: request.id,
      number: request.number,
      workflow: request.workflow,
      workflowVersion: request.workflowVersion,
      requester: { key: requester.key, name: requester.name },
      beneficiary: { key: beneficiary.key, name: beneficiary.name },
      fields: shownFields(request),
      reason: request.reason,
      decisions: approvals.map(({ stage, approver, evidence, at }) => ({
        stage,
        stageName: stageById(request, stage)?.name ?? stage,
        decision: 'approve',
        approver: { key: approver.key, name: approver.name },
        role: evidence.role,
        at: toTimestamp(at),
      })),
      digest: request.digest,
      createdAt: toTimestamp(request.createdAt),
    },
  });
}
