import type { Request } from '../domain/request/request.ts';
import { outcomeText } from '../text/text.ts';
import type { Text } from '../text/text.ts';
import { boldRuns, Whole } from './card-template.ts';
import type { Model } from './card-template.ts';
import { denseInlines, fieldRows, workRows } from './field-rows.ts';
import type { Row } from './field-rows.ts';
import { lookOf } from './looks.ts';
import { fit, name } from './plain-text.ts';
import { actionsFor, notesFor } from './request-actions.ts';
import type { View } from './request-actions.ts';
import { stageModels, stagesAreWhole } from './stage-model.ts';
import { cardTime } from './templates/elements.ts';
import type { Limits } from './view-limits.ts';

/** Teams limits the user ids of a refresh to this number. */
const MAX_REFRESH = 60;

/** The model of the request template for one view of a request. */
export function requestModel(
  text: Text,
  request: Request,
  { view, limits }: { view: View; limits: Limits },
): Model {
  const pending = request.state === 'pending';
  const look = lookOf(text, request, view.request);
  const fields = fieldRows(text, request, limits);
  const work = pending || view.kind === 'review' ? workRows(text, request, limits) : [];
  const details = detailRows(text, request);
  const whole =
    fields.left === 0 &&
    limits.details !== 'none' &&
    stagesAreWhole(text, request) &&
    [...fields.rows, ...work, ...details].every((row) => row.whole);
  const stages = stageModels(text, request, { stages: view.request.stages, limits });
  const refreshed = pending && view.refreshFor.length > 0;
  const actions = actionsFor(text, { view, whole });
  return {
    ...headModel(text, request),
    style: look.style,
    color: look.color,
    state: look.label,
    notes: notesFor(text, request, { view, whole }),
    ...fieldsModel(fields.rows, limits),
    some: fields.left > 0,
    left: text.cards.moreFields({ left: fields.left }),
    working: work.length > 0,
    work: work.map(rowModel),
    staged: stages.length > 0,
    stages,
    ...outcomeModel(text, request, look.style),
    pending,
    asked: cardTime(request.createdAt),
    expires: cardTime(request.expiresAt),
    folded: limits.details === 'toggle',
    unfolded: limits.details === 'open',
    ids: limits.details === 'none' ? [] : details.map(rowModel),
    ...actions,
    r: request.id,
    rev: request.version,
    d: request.digest,
    refreshed,
    users: new Whole(view.refreshFor.slice(0, MAX_REFRESH)),
  };
}

function headModel(text: Text, request: Request): Model {
  const { requester, beneficiary } = request;
  return {
    number: `#${request.number}`,
    title: fit(request.title, { characters: 160, lines: 1 }).text,
    asks: boldRuns(
      text.cards.asks({
        kind: requester.kind,
        forOther: beneficiary.key !== requester.key,
      }),
      { asker: name(requester.name), other: name(beneficiary.name) },
    ),
  };
}

function fieldsModel(rows: readonly Row[], limits: Limits): Model {
  const { dense } = limits;
  return {
    dense: dense && rows.length > 0,
    inlines: new Whole(dense ? denseInlines(rows) : []),
    facts: dense ? [] : rows.filter((row) => !row.wide).map(rowModel),
    texts: dense ? [] : rows.filter((row) => row.wide).map(rowModel),
  };
}

function rowModel(row: Row): Model {
  return { label: row.label, value: row.text };
}

/** The outcome or the executor's last response. A denial is already shown by its decision. */
function outcomeModel(text: Text, request: Request, style: string): Model {
  const { outcome } = request;
  const shownByDecision = request.state === 'denied' && request.decisions.length > 0;
  if (outcome === null || shownByDecision) return { ended: false };
  const reference = outcome.reference ?? '';
  return {
    ended: true,
    // Approved with an outcome: an attempt failed and will be repeated.
    outcomeStyle: request.state === 'approved' ? 'warning' : style,
    outcome: fit(outcomeText(text, outcome), { characters: 400, lines: 6 }).text,
    outcomeAt: cardTime(outcome.at),
    referenced: reference !== '',
    reference: reference === '' ? undefined : name(reference, 120),
  };
}

/** The identifiers of a request, because the digest covers them. */
function detailRows({ cards }: Text, request: Request): readonly Row[] {
  const { requester, beneficiary, plan } = request;
  const rows: [string, string][] = [
    [cards.request, request.id],
    [cards.workflow, `${request.workflow} @ ${request.workflowVersion}`],
    [cards.askedBy, requester.key],
    [cards.executorConfiguration, plan.execution.configHash],
    [cards.digest, request.digest],
  ];
  if (beneficiary.key !== requester.key) rows.splice(3, 0, [cards.beneficiary, beneficiary.key]);
  return rows.map(([label, value]) => ({
    ...fit(value, { characters: 600, lines: 1 }),
    label,
    wide: false,
  }));
}
