import { evidenceAge } from '../domain/request/evidence.ts';
import { seatsOf } from '../domain/request/seats.ts';
import { standingWords } from '../domain/request/stages.ts';
import { stepUpText } from '../domain/request/step-up.ts';
import type { Decision, PlannedStage, Request, Seat, Word } from '../domain/request/request.ts';
import type { RequestView, StageView } from '../domain/views/request-view.ts';
import { fit, name } from './plain-text.ts';
import type { Model } from './card-template.ts';
import { cardTime } from './times.ts';
import type { Limits } from './view-limits.ts';

/** Where each stage stands, who may decide it, and who decided; latest decisions win the room. */
export function stageModels(
  request: Request,
  { stages }: RequestView,
  limits: Limits,
): readonly Model[] {
  const shown = new Set(request.decisions.slice(-limits.decisions));
  const pending = request.state === 'pending';
  return (
    stages
      // After the end, stages that nobody decided say nothing.
      .filter(({ decisions }) => pending || decisions.length > 0)
      .map((view) => {
        const left = view.decisions.filter((decision) => !shown.has(decision)).length;
        return {
          ...markOf(view),
          name: name(view.stage.name),
          needed: pending,
          needs: pending ? fit(needs(view.stage), NEEDS_ROOM).text : undefined,
          counted: view.of > 1,
          count: `${view.filled} of ${view.of}`,
          some: left > 0,
          left: left === 1 ? '1 earlier decision' : `${left} earlier decisions`,
          decisions: view.decisions
            .filter((decision) => shown.has(decision))
            .map((decision) => decisionModel(request, decision, limits)),
        };
      })
  );
}

/** Whether a card tells of every stage all that the digest covers. */
export function stagesAreWhole({ plan }: Request): boolean {
  return plan.stages.every((stage) => fit(needs(stage), NEEDS_ROOM).whole);
}

const NEEDS_ROOM = { characters: 300, lines: 1 };

const SAID: Readonly<Record<Word, { color: string; sign: string; text: string }>> = {
  approve: { color: 'Good', sign: '✓  ', text: ' approved' },
  deny: { color: 'Attention', sign: '✕  ', text: ' denied' },
  withdraw: { color: 'Default', sign: '↩  ', text: ' took that back' },
};

function decisionModel(request: Request, decision: Decision, limits: Limits): Model {
  const { color, sign, text } = SAID[decision.word];
  const reason = decision.reason ?? '';
  const hasReason = reason !== '' && limits.decisionReason > 0;
  const room = { characters: limits.decisionReason, lines: 6 };
  const stands = standingWords(request, decision.stage).includes(decision);
  const replaced = decision.word !== 'withdraw' && !stands ? ' (no longer counts)' : '';
  return {
    color: replaced === '' ? color : 'Default',
    sign: sign,
    who: name(decision.approver.name),
    verdict: `${text}${replaced || doubt(request, decision)}`,
    at: cardTime(decision.at),
    hasReason,
    reason: hasReason ? `“${fit(reason, room).text}”` : undefined,
  };
}

/** What is to be known of the role or claim behind a decision, where it is not fresh. */
function doubt(request: Request, decision: Decision): string {
  const { found, claim, stale } = evidenceAge(request, decision);
  if (!stale) return '';
  if (found === null) return ' (role not fresh)';
  if (claim !== null && found === 'lost') return ` (${name(claim, 40)} changed since)`;
  const what = claim === null ? 'role' : name(claim, 40);
  return found === 'lost' ? ' (role lost since)' : ` (${what} not confirmed)`;
}

function markOf({ status }: StageView): Model {
  switch (status) {
    case 'approved':
      return { sign: '✓', color: 'Good' };
    case 'denied':
      return { sign: '✕', color: 'Attention' };
    case 'open':
      return { sign: '●', color: 'Accent' };
    default:
      return { sign: '○', color: 'Default' };
  }
}

/** Who may decide a stage, in words: each kind of seat once. */
function needs(stage: PlannedStage): string {
  const seats = [...new Set(seatsOf(stage).map(seatText))].join('; ');
  const deny = stage.denyQuorum > 1 ? ` · denied by ${stage.denyQuorum}` : '';
  const sign = stage.stepUp ? ` · needs ${name(stepUpText(stage.stepUp), 120)}` : '';
  return `Decided by ${seats || 'nobody'}${deny}${sign}`;
}

function seatText({ roles, where }: Seat): string {
  const named = roles.map((role) => name(role, 40)).join(' or ') || 'nobody';
  if (where === null) return named;
  return `${named} · ${name(where.claim, 40)} is ${name(claimText(where.value), 80)}`;
}

function claimText(value: string | number | boolean | readonly string[]): string {
  return typeof value === 'object' ? value.join(', ') : String(value);
}
