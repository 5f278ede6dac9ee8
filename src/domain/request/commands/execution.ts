import { outcomeOf } from '../../outcome.ts';
import { eventAbout } from '../../events/catalogue.ts';
import type { Outcome } from '../../outcome.ts';
import type { Recheck, Request } from '../request.ts';
import { closed, stepTo, SYNC_CARDS } from '../step.ts';
import type { Transition } from '../step.ts';

/** The commands of the job that executes an approved request. */
export type ExecutionCommand =
  | { readonly type: 'begin'; readonly configHash: string; readonly recheck?: Recheck }
  /** A recheck of the approvals that begins nothing: it failed, or is for another attempt. */
  | { readonly type: 'recheck'; readonly recheck: Recheck }
  /** The approvals no longer hold, or that cannot be determined: it does not run. */
  | { readonly type: 'halt'; readonly outcome: Outcome; readonly recheck: Recheck }
  /** Certainly not applied this time; it goes back to be begun again. */
  | { readonly type: 'hold'; readonly outcome: Outcome }
  | {
      readonly type: 'settle';
      readonly state: 'applied' | 'failed' | 'unknown';
      readonly outcome: Outcome;
    };

type Of<Type extends ExecutionCommand['type']> = Extract<ExecutionCommand, { type: Type }>;

/** Begins to apply: only under the executor configuration that was approved. */
export function begin(
  request: Request,
  { configHash, recheck }: Of<'begin'>,
  now: number,
): Transition {
  if (request.state !== 'approved') return closed(request);
  if (configHash !== request.plan.execution.configHash) {
    const outcome = outcomeOf('executor_changed', { sent: false }, { at: now });
    return end(request, 'failed', now, { outcome });
  }
  const found = recheck === undefined ? {} : { recheck };
  const executor = request.plan.execution;
  const data = { executor, ...found };
  const events = [eventAbout(request, { type: 'request.applying', by: null, data })];
  return stepTo(request, 'applying', now, { ...found, events });
}

/** Keeps what a recheck of the approvals found. */
export function keepRecheck(request: Request, { recheck }: Of<'recheck'>, now: number): Transition {
  const { state } = request;
  if (state !== 'approved' && state !== 'applying') return closed(request);
  // A card that would show the same is left alone: a recheck may precede each of many attempts.
  const shown = ({ people }: Recheck) => people.map(({ found, claim }) => [found, claim]).join();
  const same = request.recheck !== undefined && shown(request.recheck) === shown(recheck);
  return stepTo(request, state, now, {
    recheck,
    events: [eventAbout(request, { type: 'request.rechecked', by: null, data: { recheck } })],
    effects: same ? [] : [SYNC_CARDS],
  });
}

/** Does not run it: `unknown` where an earlier attempt may have reached the target. */
export function halt(request: Request, { outcome, recheck }: Of<'halt'>, now: number): Transition {
  const { state } = request;
  if (state !== 'approved' && state !== 'applying') return closed(request);
  return end(request, state === 'approved' ? 'failed' : 'unknown', now, { outcome, recheck });
}

/** Puts it back to `approved` after an attempt that certainly applied nothing. */
export function hold(request: Request, { outcome }: Of<'hold'>, now: number): Transition {
  if (request.state !== 'applying') return closed(request);
  return stepTo(request, 'approved', now, {
    outcome,
    events: [eventAbout(request, { type: 'request.held', by: null, data: { outcome } })],
  });
}

/** Records the outcome of an attempt. */
export function settle(
  request: Request,
  { state, outcome }: Of<'settle'>,
  now: number,
): Transition {
  if (request.state !== 'applying') return closed(request);
  return end(request, state, now, { outcome });
}

function end(
  request: Request,
  state: Of<'settle'>['state'],
  now: number,
  found: { outcome: Outcome; recheck?: Recheck },
): Transition {
  const event = eventAbout(request, { type: `request.${state}`, by: null, data: found });
  return stepTo(request, state, now, { ...found, events: [event] });
}
