import type { Principal } from '../../domain/people/principal.ts';
import type { TeamsSender } from './teams-sender.ts';

/** A DPoP proof as it came with a token (RFC 9449 4), and the call that it came with. */
export interface TokenProof {
  readonly proof: string;
  readonly method: string;
  /** Where the call went, as callers know this service: without query and fragment. */
  readonly url: string;
}

/** Turns tokens into principals. Every method throws IdentityError where a check fails. */
export interface Identity {
  /**
   * A token of the HTTP API, of any configured issuer: with a proof where it came as `DPoP`, and
   * only so where the token is bound to a key.
   */
  verifyBearer(token: string, proof?: TokenProof): Promise<Principal>;
  /** Every code that `verifyBearer` refuses with; the API documents them. */
  readonly bearerCodes: readonly string[];
  /**
   * A Teams single sign-on token brought by an activity: all checks of a person's token, and
   * object id and tenant must be the sender's.
   */
  verifySingleSignOn(token: string, sender: TeamsSender): Promise<Principal>;
}
