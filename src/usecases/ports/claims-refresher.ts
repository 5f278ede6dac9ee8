import type { PrincipalRef } from '../../domain/people/principal.ts';
import type { HeldNow } from '../../domain/request/recheck.ts';

/** A person whose current roles and claims are looked up. */
export interface AskedAbout {
  readonly person: PrincipalRef;
  /** The person's ids in Teams; null for a linked identity without them. */
  readonly teams: { readonly tenantId: string; readonly objectId: string } | null;
  /** The claims to look up beside the roles. */
  readonly claims: readonly string[];
}

/** Looks up current roles and claims without a token, for the recheck before an execution. */
export interface ClaimsRefresher {
  /**
   * Returns a person's current roles and claims at their provider; no roles for a person who left.
   * Undefined if no source knows this person; throws if a source fails.
   */
  heldNow(asked: AskedAbout): Promise<HeldNow | undefined>;
}

/** The refresher without any source. */
export const noClaimsRefresher: ClaimsRefresher = { heldNow: async () => undefined };
