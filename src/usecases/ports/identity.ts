import type { Principal } from '../../domain/people/principal.ts';
import type { TeamsSender } from './teams-sender.ts';

/** The DPoP proof of a token (RFC 9449 4), and its HTTP call. */
export interface TokenProof {
  readonly proof: string;
  readonly method: string;
  /** The public URL of the call, without query and fragment. */
  readonly url: string;
}

/** Verifies tokens and returns principals. Every method throws IdentityError if a check fails. */
export interface Identity {
  /**
   * Verifies a token of the HTTP API from any configured issuer. A token with the scheme `DPoP`
   * needs a proof, and a token that is bound to a key needs that scheme.
   */
  verifyBearer(token: string, proof?: TokenProof): Promise<Principal>;
  /** All codes of refusals by `verifyBearer`, for the API document. */
  readonly bearerCodes: readonly string[];
  /**
   * Verifies the Teams single sign-on token of an activity: all checks of a person's token, and
   * object id and tenant must be those of the sender.
   */
  verifySingleSignOn(token: string, sender: TeamsSender): Promise<Principal>;
}
