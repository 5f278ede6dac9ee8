import { contentHash } from '../content-hash.ts';
import type { Defaults } from '../content-hash.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Plan, Request } from './request.ts';

/** What a decision is about. Progress is not part of it; the revision carries that. */
export interface DigestSubject extends Pick<
  Request,
  'workflow' | 'workflowVersion' | 'reason' | 'fields'
> {
  readonly requestId: string;
  readonly requester: string;
  readonly beneficiary: string;
  /** 128 random bits, so that nobody can guess personal values by their digest; base64url. */
  readonly salt: string;
  /** Who decides what, and what will run. */
  readonly plan: Pick<Plan, 'stages' | 'execution'>;
}

/**
 * The digest of what a card shows to be decided: SHA-256 over the canonical JSON (RFC 8785) of the
 * subject, with a type tag so that it can never be taken for another digest of the service.
 */
export function requestDigest(subject: DigestSubject): string {
  return sha256(canonicalJson({ type: 'countersign.request.v1', ...subject }));
}

/**
 * Hash of what the file says of an executor, defaults left out. Secrets enter by their reference,
 * never by value.
 */
export function executorConfigHash(config: object, defaults: Defaults): string {
  return contentHash('countersign.executor.v1', config, defaults);
}
