import type { Principal } from '../../domain/people/principal.ts';
import type { TeamsSender } from './teams-sender.ts';

/** Sessions: prove later clicks by an earlier sign-in. */
export interface Sessions {
  /**
   * Returns the principal of the sender's active session, with claims no older than configured.
   * Fetches claims again when they are older, or for `renew`. Undefined without an active session:
   * the person must sign in. Throws IdentityError if the provider fails or returns no newer claims.
   * `unattended`: without a click, which does not extend the idle time.
   */
  current(
    sender: Pick<TeamsSender, 'tenantId' | 'objectId'>,
    options?: { renew?: boolean; unattended?: boolean },
  ): Promise<Principal | undefined>;
  /** Whether claims are recent enough for a click. */
  areFresh(by: Principal): boolean;
  /** Ends the sender's session; returns whether there was one. */
  signOut(sender: TeamsSender): Promise<boolean>;
}
