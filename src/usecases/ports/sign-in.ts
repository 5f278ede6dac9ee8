import type { Principal } from '../../domain/people/principal.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import type { TeamsSender } from './teams-sender.ts';

/** The sign-in by the sign-in button. */
export interface SignIn {
  /** Creates a link for one person, request and revision: single-use, valid for ten minutes. */
  createLink(options: {
    sender: TeamsSender;
    requestId: string;
    revision: number;
    /** The step-up demand. */
    stepUp?: StepUp | null;
  }): Promise<string>;
  /** Returns the principal of a code once. Throws IdentityError. */
  redeem(options: {
    code: string;
    sender: TeamsSender;
    requestId: string;
    revision: number;
  }): Promise<Principal>;
}
