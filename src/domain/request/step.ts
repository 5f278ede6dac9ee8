import type { EventBody } from '../events/catalogue.ts';
import { refuse } from '../refusal.ts';
import type { Refusal, RefusalCode } from '../refusal.ts';
import type { Decision, Request } from './request.ts';
import { isTerminal } from './state.ts';
import type { RequestState } from './state.ts';

/** Work that must follow a commit, as data; the use case turns each into jobs. */
export interface Effect {
  /** `tell-outcome`: the requester gets a notice. */
  readonly kind: 'sync-cards' | 'execute' | 'tell-outcome';
}

/** A step: the request after it, the word it adds, what is recorded, what follows. */
export interface Step {
  readonly request: Request;
  readonly decision: Decision | null;
  readonly events: readonly EventBody[];
  readonly effects: readonly Effect[];
}

/**
 * What a command leads to: a step, a refusal, or a word that changes nothing (`uncounted`), with the
 * word of that person that stands on the stage.
 */
export type Transition =
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'uncounted'; readonly decision: Decision | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export const SYNC_CARDS: Effect = { kind: 'sync-cards' };

/**
 * The step to a state: the version rises by one, the rest is what `change` says. Without `effects`
 * the cards follow, and the requester is notified of a state that is the last.
 */
export function stepTo(
  request: Request,
  state: RequestState,
  now: number,
  change: Partial<Pick<Request, 'decisions' | 'outcome' | 'recheck'>> &
    Pick<Step, 'events'> & { effects?: readonly Effect[]; decision?: Decision },
): Transition {
  const usual: Effect[] = isTerminal(state) ? [SYNC_CARDS, { kind: 'tell-outcome' }] : [SYNC_CARDS];
  const { decision = null, events, effects = usual, ...rest } = change;
  const version = request.version + 1;
  const next: Request = { ...request, ...rest, state, version, updatedAt: now };
  return { kind: 'step', step: { request: next, decision, events, effects } };
}

/** The refusal of a command that comes after the state in which it is possible. */
export function closed(request: Request): Transition {
  const { number, state } = request;
  return refused('request_closed', { number, state });
}

/** A refusal as a transition. */
export function refused<Code extends RefusalCode>(
  ...given: Parameters<typeof refuse<Code>>
): Transition {
  return { kind: 'refused', refusal: refuse(...given).refusal };
}
