import type { Principal } from '../../domain/people/principal.ts';
import type { TeamsSender } from './teams-sender.ts';

/** What carries a sign-in by the button over the clicks after it. */
export interface Sessions {
  /**
   * Who the sender's live session speaks for, under claims no older than configured: where they are
   * older, or `renew` asks for it, they are fetched again. Undefined: there is none (any more), and
   * the person has to sign in. Throws IdentityError where that cannot be told now, or the provider
   * gives no newer claims. `unattended`: nobody clicked, so the idle limit goes on.
   */
  current(
    sender: Pick<TeamsSender, 'tenantId' | 'objectId'>,
    options?: { renew?: boolean; unattended?: boolean },
  ): Promise<Principal | undefined>;
  /** Whether claims are young enough to count at a click. */
  areFresh(by: Principal): boolean;
  /** Ends the sender's session; whether there was one. */
  signOut(sender: TeamsSender): Promise<boolean>;
}
