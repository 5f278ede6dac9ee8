import type { Principal } from '../../domain/people/principal.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import type { TeamsSender } from './teams-sender.ts';

interface SignInSubject {
  readonly sender: TeamsSender;
  readonly requestId: string;
  readonly revision: number;
}

/** The sign-in by the sign-in button. */
export interface SignIn {
  /** Creates a link for one person, request and revision: single-use, valid for ten minutes. */
  createLink(options: SignInSubject & { stepUp?: StepUp | null }): Promise<string>;
  /** Returns the principal of a code once. Throws IdentityError. */
  redeem(options: SignInSubject & { code: string }): Promise<Principal>;
}
