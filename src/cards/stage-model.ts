import { evidenceAge } from '../domain/request/evidence.ts';
import { distinctPeople, standing } from '../domain/request/quorum.ts';
import { stepUpText } from '../domain/request/step-up.ts';
import { openStage } from '../domain/request/request.ts';
import type { Decision, PlannedStage, Request } from '../domain/request/request.ts';
import type { Model } from './card-template.ts';
import { fit, name } from './plain-text.ts';
import { cardTime } from './times.ts';
import type { Limits } from './view-limits.ts';

/** Where each stage stands, who may decide it, and who decided; latest decisions win the room. */
export function stageModels(request: Request, limits: Limits): readonly Model[] {
  const shown = new Set(request.decisions.slice(-limits.decisions));
  return (
    request.plan.stages
      .map((stage, index) => ({ stage, index, here: decisionsOf(request, index) }))
      // After the end, stages that nobody decided say nothing.
      .filter(({ here }) => request.state === 'pending' || here.length > 0)
      .map(({ stage, index, here }) => {
        const left = here.filter((decision) => !shown.has(decision)).length;
        const pending = request.state === 'pending';
        return {
          ...markOf(request, stage, index),
          name: name(stage.name),
          needed: pending,
          needs: pending ? needs(stage) : undefined,
          counted: stage.quorum > 1,
          count: `${approvals(here)} of ${stage.quorum}`,
          some: left > 0,
          left: left === 1 ? '1 earlier decision' : `${left} earlier decisions`,
          decisions: here
            .filter((decision) => shown.has(decision))
            .map((decision) => decisionModel(request, decision, limits)),
        };
      })
  );
}

/** Approvals that the open stage still lacks. */
export function approvalsLeft(request: Request): number {
  const index = openStage(request);
  const quorum = request.plan.stages[index]?.quorum ?? 0;
  return Math.max(quorum - approvals(decisionsOf(request, index)), 0);
}

function decisionModel(request: Request, decision: Decision, limits: Limits): Model {
  const approved = decision.decision === 'approve';
  const reason = decision.reason ?? '';
  const hasReason = reason !== '' && limits.decisionReason > 0;
  const room = { characters: limits.decisionReason, lines: 6 };
  return {
    color: approved ? 'Good' : 'Attention',
    sign: approved ? '✓  ' : '✕  ',
    who: name(decision.approver.name),
    verdict: `${approved ? ' approved' : ' denied'}${doubt(request, decision)}`,
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

function markOf(request: Request, stage: PlannedStage, index: number): Model {
  const stands = standing(stage, index, request.decisions);
  if (stands === 'approved') return { sign: '✓', color: 'Good' };
  if (stands === 'denied') return { sign: '✕', color: 'Attention' };
  const open = request.state === 'pending' && index === openStage(request);
  return open ? { sign: '●', color: 'Accent' } : { sign: '○', color: 'Default' };
}

/** Who may decide a stage, in words. */
function needs(stage: PlannedStage): string {
  const roles = stage.roles.map((role) => name(role, 40)).join(' or ');
  const { where } = stage;
  const value = where === null ? '' : name(claimText(where.value), 80);
  const condition = where === null ? '' : ` · ${name(where.claim, 40)} is ${value}`;
  const sign = stage.stepUp ? ` · needs ${name(stepUpText(stage.stepUp), 120)}` : '';
  const whole = `Decided by ${roles || 'nobody'}${condition}${sign}`;
  return fit(whole, { characters: 300, lines: 1 }).text;
}

function claimText(value: string | number | boolean | readonly string[]): string {
  return typeof value === 'object' ? value.join(', ') : String(value);
}

function decisionsOf(request: Request, stage: number): readonly Decision[] {
  return request.decisions.filter((decision) => decision.stage === stage);
}

function approvals(decisions: readonly Decision[]): number {
  return distinctPeople(
    decisions.filter(({ decision }) => decision === 'approve').map(({ approver }) => approver),
  );
}
