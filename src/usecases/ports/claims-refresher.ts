import type { PrincipalRef } from '../../domain/people/principal.ts';
import type { HeldNow } from '../../domain/request/recheck.ts';

/** Somebody of whom it is asked what they have now. */
export interface AskedAbout {
  readonly person: PrincipalRef;
  /** Whom Teams knows them as; a linked identity itself knows nothing of Teams. */
  readonly teams: { readonly tenantId: string; readonly objectId: string } | null;
  /** Claims that matter besides the roles. */
  readonly claims: readonly string[];
}

/** Says what somebody may do now, other than by a token: for the look before an execution. */
export interface ClaimsRefresher {
  /**
   * A person's roles and claims as their provider has them now; no role for somebody who left.
   * Undefined where nobody can tell for this person; throws where it cannot be told just now.
   */
  heldNow(asked: AskedAbout): Promise<HeldNow | undefined>;
}

/** Where no provider can be asked about people who are away. */
export const nobodyCanTell: ClaimsRefresher = { heldNow: async () => undefined };
