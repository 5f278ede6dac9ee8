import type { Principal } from '../../domain/people/principal.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import type { TeamsSender } from './teams-sender.ts';

/** The sign-in button's way to a verified identity. */
export interface SignIn {
  /** A link for one person, request and revision; single-use, ten minutes. */
  createLink(options: {
    sender: TeamsSender;
    requestId: string;
    revision: number;
    /** What the sign-in must come up to beyond the usual. */
    stepUp?: StepUp | null;
  }): Promise<string>;
  /** The principal that this code was issued for, once. Throws IdentityError. */
  redeem(options: {
    code: string;
    sender: TeamsSender;
    requestId: string;
    revision: number;
  }): Promise<Principal>;
}
