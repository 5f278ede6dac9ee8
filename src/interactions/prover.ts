import type { Principal } from '../domain/people/principal.ts';
import type { StepUp } from '../domain/request/step-up.ts';

/**
 * What a sign-in link is bound to: a request and its revision, or what stands in for them
 * (`workflow:<id>`, `number:<n>`) with revision 0.
 */
export interface ProofSubject {
  readonly requestId: string;
  readonly revision: number;
}

/** An action whose person is to be proven. */
export interface Unproven {
  readonly subject: ProofSubject;
  /** What the action demands of a sign-in; read only where one is asked for. */
  readonly stepUp?: () => Promise<StepUp | null>;
}

/** A verified principal, who decides; and the token exchange that brought it, if one did. */
export interface Proven {
  readonly kind: 'principal';
  readonly by: Principal;
  readonly exchangeId: string | null;
}

/** No principal was proven: `ask` is how this surface asks for a proof, or says why it cannot. */
export interface NotProven<Ask> {
  readonly kind: 'unproven';
  readonly ask: Ask;
}

export type Proof<Ask> = Proven | NotProven<Ask>;

/** Proves who acts, each surface in its own way: Teams by tokens, a page by its session. */
export interface Prover<Ask> {
  prove(action: Unproven): Promise<Proof<Ask>>;
  /** A proof that meets a stage's demand on the sign-in; undefined where no other one exists. */
  strengthen(
    action: Unproven,
    weak: { proof: Proven; demand: StepUp },
  ): Promise<Proof<Ask> | undefined>;
}
