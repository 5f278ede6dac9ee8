import { eventAbout } from '../events/catalogue.ts';
import type { EventBody, EventData, EventType } from '../events/catalogue.ts';
import { isAsker, mayDecide } from '../people/authority.ts';
import { refOf, samePerson } from '../people/principal.ts';
import type { Principal } from '../people/principal.ts';
import { standing } from './quorum.ts';
import { refuse } from '../refusal.ts';
import type { Refusal, RefusalCode } from '../refusal.ts';
import { isTerminal, openStage, stageAtRevision } from './request.ts';
import type {
  Arrival,
  Decision,
  Outcome,
  OUTCOME_CODES,
  Recheck,
  Request,
  RequestState,
  Verdict,
} from './request.ts';
import { meetsStepUp } from './step-up.ts';
import { MAX_REASON_LENGTH } from './submit.ts';

/** Somebody's word on the stage that a card of `revision` showed with `digest`. */
export interface DecideCommand {
  readonly type: 'decide';
  readonly decisionId: string;
  readonly by: Principal;
  readonly decision: Verdict;
  readonly reason: string | null;
  readonly digest: string;
  readonly revision: number;
  readonly channel: Arrival;
}

export type Command =
  | DecideCommand
  | { readonly type: 'cancel'; readonly by: Principal }
  | { readonly type: 'expire' }
  | { readonly type: 'begin'; readonly configHash: string; readonly recheck?: Recheck }
  /** A look at the deciding people that begins nothing: it failed, or is for another try. */
  | { readonly type: 'recheck'; readonly recheck: Recheck }
  /** Somebody who approved has lost role or claim, or nobody can tell: it does not run. */
  | { readonly type: 'stop'; readonly outcome: Outcome; readonly recheck: Recheck }
  /** Certainly not applied this time; it goes back to be begun again. */
  | { readonly type: 'hold'; readonly outcome: Outcome }
  | {
      readonly type: 'settle';
      readonly state: 'applied' | 'failed' | 'unknown';
      readonly outcome: Outcome;
    };

/** What must follow a commit; the use case turns each into a job. */
export type Effect = 'cards' | 'execute' | 'tell-outcome';

/** A step taken: the request after it, the decision it holds, what is recorded, what follows. */
export interface Step {
  readonly request: Request;
  readonly decision: Decision | null;
  readonly events: readonly EventBody[];
  readonly effects: readonly Effect[];
}

/** A step, a repeat of a decision that stands already, or why not. */
export type Transition =
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'repeat'; readonly decision: Decision }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * The heart of the house: what a command does to a request at a time (ms). Pure: the same three
 * always give the same answer, so a lost race is settled by loading again and asking again.
 */
export function transition(request: Request, command: Command, now: number): Transition {
  switch (command.type) {
    case 'decide':
      return decide(request, command, now);
    case 'cancel':
      return cancel(request, command.by, now);
    case 'expire':
      return expire(request, now);
    case 'begin':
      return begin(request, command, now);
    case 'recheck':
      return recheck(request, command.recheck, now);
    case 'stop':
      return stop(request, command, now);
    case 'hold':
      if (request.state !== 'applying') return closed(request);
      return stepTo(request, 'approved', now, {
        outcome: command.outcome,
        events: [event(request, 'request.held', null, { outcome: command.outcome })],
        effects: ['cards'],
      });
    case 'settle':
      if (request.state !== 'applying') return closed(request);
      return stepTo(request, command.state, now, {
        outcome: command.outcome,
        events: [event(request, eventOf(command.state), null, { outcome: command.outcome })],
        effects: ['cards', 'tell-outcome'],
      });
  }
}

function decide(request: Request, command: DecideCommand, now: number): Transition {
  const { by } = command;
  const shown = stageAtRevision(request, command.revision);
  const earlier = request.decisions.find(
    (decision) => decision.stage === shown && samePerson(decision.approver, by),
  );
  if (earlier?.decision === command.decision) return { kind: 'repeat', decision: earlier };
  if (earlier) {
    return refused('already_decided', { decision: earlier.decision });
  }
  if (request.state !== 'pending') return closed(request);
  if (now >= request.expiresAt) {
    return refused('request_expired');
  }
  const stage = openStage(request);
  if (shown !== stage) {
    return refused('stage_passed');
  }
  if (command.digest !== request.digest) {
    return refused('digest_mismatch');
  }
  if (command.reason !== null && command.reason.length > MAX_REASON_LENGTH) {
    return refused('reason_too_long', { max: MAX_REASON_LENGTH });
  }
  const allowed = mayDecide(request, by);
  if (!allowed.ok) return { kind: 'refused', refusal: allowed.refusal };
  const demand = request.plan.stages[stage]?.stepUp;
  const strong = demand ? meetsStepUp(demand, by.token, now) : { ok: true as const };
  if (!strong.ok) return { kind: 'refused', refusal: strong.refusal };
  return settleStage(request, command, { stage, role: allowed.role, now });
}

/** Adds the decision and works out what it does to its stage and to the request. */
function settleStage(
  request: Request,
  command: DecideCommand,
  { stage, role, now }: { stage: number; role: string; now: number },
): Transition {
  const { by } = command;
  const decision: Decision = {
    id: command.decisionId,
    requestId: request.id,
    stage,
    approver: refOf(by),
    decision: command.decision,
    reason: command.reason,
    at: now,
    evidence: {
      token: by.token,
      roles: by.roles,
      role,
      digest: request.digest,
      revision: command.revision,
      ...command.channel,
      ...(by.proof ? { proof: by.proof } : {}),
    },
  };
  const decisions = [...request.decisions, decision];
  const planned = request.plan.stages[stage];
  const stands = planned ? standing(planned, stage, decisions) : 'denied';
  const last = stage === request.plan.stages.length - 1;
  const events: EventBody[] = [
    event(request, 'request.decided', by, {
      decision: decision.decision,
      stage,
      stageName: planned?.name ?? '',
      reason: decision.reason,
      decisionId: decision.id,
      evidence: decision.evidence,
    }),
  ];
  const with_ = { decisions, decision };
  if (stands === 'denied') {
    const outcome = said('denied', `${by.name} denied it.`, now);
    events.push(event(request, 'request.denied', by, { outcome }));
    return stepTo(request, 'denied', now, {
      ...with_,
      outcome,
      events,
      effects: ['cards', 'tell-outcome'],
    });
  }
  if (stands === 'approved' && last) {
    events.push(event(request, 'request.approved', by, { digest: request.digest }));
    return stepTo(request, 'approved', now, { ...with_, events, effects: ['cards', 'execute'] });
  }
  const stagesOpenedAt =
    stands === 'approved'
      ? [...request.stagesOpenedAt, request.version + 1]
      : request.stagesOpenedAt;
  return stepTo(request, 'pending', now, { ...with_, stagesOpenedAt, events, effects: ['cards'] });
}

function cancel(request: Request, by: Principal, now: number): Transition {
  if (!isAsker(request, by)) {
    return refused('not_requester');
  }
  if (isTerminal(request.state)) return closed(request);
  if (request.state !== 'pending') {
    return refused('too_late_to_cancel', { state: request.state });
  }
  const outcome = said('cancelled', `${by.name} cancelled it.`, now);
  return stepTo(request, 'cancelled', now, {
    outcome,
    events: [event(request, 'request.cancelled', by, { token: by.token })],
    effects: ['cards', 'tell-outcome'],
  });
}

function expire(request: Request, now: number): Transition {
  if (request.state !== 'pending' || now < request.expiresAt) return closed(request);
  const outcome = said('expired', 'Nobody decided it in time.', now);
  return stepTo(request, 'expired', now, {
    outcome,
    events: [event(request, 'request.expired', null, {})],
    effects: ['cards', 'tell-outcome'],
  });
}

function begin(
  request: Request,
  { configHash, recheck: look }: Extract<Command, { type: 'begin' }>,
  now: number,
): Transition {
  if (request.state !== 'approved') return closed(request);
  if (configHash !== request.plan.execution.configHash) {
    const outcome = said(
      'executor_changed',
      "The executor's configuration is no longer what was approved. Ask for it again.",
      now,
    );
    return stepTo(request, 'failed', now, {
      outcome,
      events: [event(request, 'request.failed', null, { outcome })],
      effects: ['cards', 'tell-outcome'],
    });
  }
  return stepTo(request, 'applying', now, {
    ...(look === undefined ? {} : { recheck: look }),
    events: [
      event(request, 'request.applying', null, {
        executor: request.plan.execution,
        ...(look === undefined ? {} : { recheck: look }),
      }),
    ],
    effects: ['cards'],
  });
}

function recheck(request: Request, look: Recheck, now: number): Transition {
  const { state } = request;
  if (state !== 'approved' && state !== 'applying') return closed(request);
  // A card that would say the same is left alone: there may be a look before each of many tries.
  const shown = ({ people }: Recheck) => people.map(({ found, claim }) => [found, claim]).join();
  const same = request.recheck !== undefined && shown(request.recheck) === shown(look);
  return stepTo(request, state, now, {
    recheck: look,
    events: [event(request, 'request.rechecked', null, { recheck: look })],
    effects: same ? [] : ['cards'],
  });
}

function stop(
  request: Request,
  { outcome, recheck: look }: Extract<Command, { type: 'stop' }>,
  now: number,
): Transition {
  const { state } = request;
  if (state !== 'approved' && state !== 'applying') return closed(request);
  // Being applied already, an earlier try may have reached the target: nobody can say `failed`.
  const end = state === 'approved' ? 'failed' : 'unknown';
  return stepTo(request, end, now, {
    outcome,
    recheck: look,
    events: [event(request, eventOf(end), null, { outcome, recheck: look })],
    effects: ['cards', 'tell-outcome'],
  });
}

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

function stepTo(
  request: Request,
  state: RequestState,
  now: number,
  change: Partial<Pick<Request, 'decisions' | 'outcome' | 'recheck' | 'stagesOpenedAt'>> & {
    decision?: Decision;
    events: readonly EventBody[];
    effects: readonly Effect[];
  },
): Transition {
  const { decision, events, effects, ...rest } = change;
  const { version } = request;
  const next: Mutable<Request> = { ...request, ...rest };
  next.state = state;
  next.version = version + 1;
  next.updatedAt = now;
  return { kind: 'step', step: { request: next, decision: decision ?? null, events, effects } };
}

function closed(request: Request): Transition {
  return refused('request_closed', { number: request.number, state: request.state });
}

function refused<Code extends RefusalCode>(...given: Parameters<typeof refuse<Code>>): Transition {
  return { kind: 'refused', refusal: refuse(...given).refusal };
}

function event<Type extends EventType>(
  request: Request,
  type: Type,
  by: Principal | null,
  data: EventData[Type],
): EventBody<Type> {
  return eventAbout(request, { type, by, data });
}

function eventOf<State extends 'applied' | 'failed' | 'unknown'>(state: State) {
  return `request.${state}` as const;
}

function said(
  code: (typeof OUTCOME_CODES)[number] | RefusalCode,
  message: string,
  at: number,
): Outcome {
  return { code, message, reference: null, at };
}
