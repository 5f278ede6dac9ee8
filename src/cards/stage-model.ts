import type { EvidenceAge } from '../domain/request/evidence.ts';
import { seatsOf } from '../domain/request/seats.ts';
import type { PlannedStage, Request, Seat, Word } from '../domain/request/request.ts';
import type { DecisionView, StageView } from '../domain/views/request-view.ts';
import type { Text } from '../text/text.ts';
import { fit, name } from './plain-text.ts';
import { boldRuns } from './card-template.ts';
import type { Model } from './card-template.ts';
import { cardTime } from './templates/elements.ts';
import type { Limits } from './view-limits.ts';

/**
 * Each stage with its status, who may decide it, and its decisions. The latest decisions are shown
 * first where the room is short.
 */
export function stageModels(
  text: Text,
  request: Request,
  { stages, limits }: { stages: readonly StageView[]; limits: Limits },
): readonly Model[] {
  const shown = new Set(request.decisions.slice(-limits.decisions));
  const pending = request.state === 'pending';
  return (
    stages
      // After the end, stages without a decision are hidden.
      .filter(({ decisions }) => pending || decisions.length > 0)
      .map((view) => {
        const said = view.decisions.filter(({ decision }) => shown.has(decision));
        const left = view.decisions.length - said.length;
        return {
          ...MARKS[view.status],
          name: name(view.stage.name),
          needed: pending,
          needs: pending ? fit(needs(text, view.stage), NEEDS_ROOM).text : undefined,
          counted: view.of > 1,
          count: text.cards.countOf({ count: view.filled, quorum: view.of }),
          some: left > 0,
          left: text.cards.earlierDecisions({ left }),
          decisions: said.map((one) => decisionModel(text, one, limits)),
        };
      })
  );
}

/** Whether a card shows every stage as the digest covers it. */
export function stagesAreWhole(text: Text, { plan }: Request): boolean {
  return plan.stages.every((stage) => fit(needs(text, stage), NEEDS_ROOM).whole);
}

const NEEDS_ROOM = { characters: 300, lines: 1 };

const SAID: Readonly<Record<Word, { color: string; sign: string }>> = {
  approve: { color: 'Good', sign: '✓  ' },
  deny: { color: 'Attention', sign: '✕  ' },
  withdraw: { color: 'Default', sign: '↩  ' },
};

const LATER = { sign: '○', color: 'Default' };

const MARKS: Readonly<Record<StageView['status'], Model>> = {
  approved: { sign: '✓', color: 'Good' },
  denied: { sign: '✕', color: 'Attention' },
  open: { sign: '●', color: 'Accent' },
  waiting: LATER,
  closed: LATER,
};

function decisionModel(
  { cards }: Text,
  { decision, stands, age }: DecisionView,
  limits: Limits,
): Model {
  const { color, sign } = SAID[decision.word];
  const reason = decision.reason ?? '';
  const hasReason = reason !== '' && limits.decisionReason > 0;
  const room = { characters: limits.decisionReason, lines: 6 };
  const replaced = decision.word !== 'withdraw' && !stands;
  const doubt = replaced ? cards.noLongerCounts : doubtOf(cards, age);
  return {
    color: replaced ? 'Default' : color,
    sign,
    words: [
      ...boldRuns(cards.said[decision.word], { who: name(decision.approver.name) }),
      ...(doubt === null ? [] : [{ text: cards.doubted({ doubt }), weight: undefined }]),
    ],
    at: cardTime(decision.at),
    hasReason,
    reason: hasReason ? cards.quoted({ reason: fit(reason, room).text }) : undefined,
  };
}

/** A warning where the role or claim behind a decision is old, lost or not confirmed. */
function doubtOf(cards: Text['cards'], { found, claim: about, stale }: EvidenceAge): string | null {
  if (!stale) return null;
  if (found === null) return cards.roleNotFresh;
  if (about === null) return found === 'lost' ? cards.roleLost : cards.roleUnconfirmed;
  const claim = name(about, 40);
  return found === 'lost' ? cards.claimChanged({ claim }) : cards.claimUnconfirmed({ claim });
}

/** Who may decide a stage, in words. Equal seats are named once. */
function needs({ cards }: Text, stage: PlannedStage): string {
  const { denyQuorum, stepUp } = stage;
  return cards.decidedBy({
    seats: [...new Set(seatsOf(stage).map((seat) => seatText(cards, seat)))],
    denyQuorum,
    stepUp: stepUp ? name(cards.stepUp(stepUp), 120) : null,
  });
}

function seatText(cards: Text['cards'], { roles, where }: Seat): string {
  return cards.seat({
    roles: roles.map((role) => name(role, 40)),
    where: where && { claim: name(where.claim, 40), value: name(claimText(where.value), 80) },
  });
}

function claimText(value: string | number | boolean | readonly string[]): string {
  return typeof value === 'object' ? value.join(', ') : String(value);
}
