import type { Decision, Rechecked, Request } from './request.ts';

/** A role that was vouched for longer ago than this when somebody decided is shown as such. */
const STALE_MS = 3_600_000;

/** How far the role behind a decision can be relied on. */
export interface EvidenceAge {
  /** When the provider last confirmed the role: the token's `iat`, or a later recheck (ms). */
  readonly asOf: number;
  /** The result of the recheck before the execution; null without one. */
  readonly found: Rechecked['found'] | null;
  /** The claim that it is about; null: the role. */
  readonly claim: string | null;
  /** The role was vouched for long ago, is lost, or could not be confirmed. */
  readonly stale: boolean;
}

/** The age of a decision's evidence, for everybody who looks at it. */
export function evidenceAge(
  { recheck }: Pick<Request, 'recheck'>,
  { id, at, evidence }: Decision,
): EvidenceAge {
  const looked = recheck?.people.find(({ decisionId }) => decisionId === id);
  const { token, proof } = evidence;
  const issuedAt = proof?.way === 'look-up' ? proof.verifiedAt : token.issuedAt;
  if (recheck === undefined || looked === undefined) {
    return { asOf: issuedAt, found: null, claim: null, stale: at - issuedAt > STALE_MS };
  }
  const held = looked.found === 'held';
  return {
    asOf: held ? recheck.at : issuedAt,
    found: looked.found,
    claim: looked.claim ?? null,
    stale: !held,
  };
}
