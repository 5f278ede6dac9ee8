import { canonicalJson } from '../../lib/canonical-json.ts';
import { sha256 } from '../../lib/hash.ts';
import type { PlannedExecution } from './request.ts';
import type { StepUp } from './step-up.ts';
import type { FieldValue, Workflow } from '../workflow/workflow.ts';

/** What a decision is about. Stage progress is not part of it; the revision carries that. */
export interface DigestSubject {
  readonly requestId: string;
  readonly workflow: string;
  readonly workflowVersion: string;
  readonly requester: string;
  readonly beneficiary: string;
  readonly reason: string | null;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly execution: PlannedExecution;
  /** What stages demand of a sign-in, in their order; absent where none demands anything. */
  readonly stepUp?: readonly (StepUp & { readonly stage: string })[];
}

/**
 * The digest that a card shows to be deciding about: SHA-256 over the canonical JSON (RFC 8785)
 * of the subject, with a type tag so that it can never be mistaken for another digest of ours.
 */
export function requestDigest(subject: DigestSubject): string {
  return sha256(canonicalJson({ type: 'countersign.request.v1', ...subject }));
}

/** The version of a workflow: SHA-256 over its canonical content, without the version itself. */
export function workflowVersion(content: Omit<Workflow, 'version'>): string {
  return sha256(canonicalJson({ type: 'countersign.workflow.v1', ...content }));
}

/** Hash of an executor's configuration; secrets enter by their reference, never by value. */
export function executorConfigHash(config: Readonly<Record<string, unknown>>): string {
  return sha256(canonicalJson({ type: 'countersign.executor.v1', ...config }));
}
