import type { Params } from './refusal.ts';

type None = Readonly<Record<never, never>>;

/** A target's answer: its HTTP status and its own text, both shown to people. */
interface Answered {
  target: string;
  status: number;
  said: string | null;
}

/** `sent`: an earlier try may have reached the target. */
interface Rechecked {
  person: string;
  /** Key of the person's principal. */
  personKey: string;
  sent: boolean;
}

/** How a request ended, and what its sentence needs. Codes are stable (docs/reference/errors.md). */
export interface OutcomeParams {
  denied: { by: string };
  cancelled: { by: string };
  expired: None;
  executor_changed: { sent: boolean };
  executor_missing: { executor: string };
  interrupted: None;
  roles_withdrawn: Rechecked & { role: string };
  claim_changed: Rechecked & { claim: string; value: string };
  /** With `claim` null it is the role that nobody could confirm. */
  roles_unconfirmed: Rechecked & { role: string; claim: string | null; value: string };
  applied: Answered;
  target_refused: Answered;
  target_busy: Answered;
  target_redirected: Pick<Answered, 'target' | 'status'>;
  target_error: Answered;
  target_timeout: Pick<Answered, 'target'>;
  /** `detail`: what the network said. */
  target_unreachable: { target: string; detail: string };
  target_address_refused: Pick<Answered, 'target'>;
  connection_lost: { target: string; detail: string };
}

export type OutcomeCode = keyof OutcomeParams;

/** How a request ended, or what the executor last said. Its sentence stands in src/text. */
export interface Outcome {
  readonly code: OutcomeCode;
  readonly params: Params;
  /** What the target called it, such as a deployment's number. */
  readonly reference: string | null;
  readonly at: number;
}

/** An outcome whose params are those of its code. */
export function outcomeOf<Code extends OutcomeCode>(
  code: Code,
  params: OutcomeParams[Code],
  { at, reference = null }: { at: number; reference?: string | null },
): Outcome {
  return { code, params: { ...params }, reference, at };
}
