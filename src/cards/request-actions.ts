import type { Request } from '../domain/request/request.ts';
import type { RequestView, StageView } from '../domain/views/request-view.ts';
import type { Text } from '../text/text.ts';
import { name } from './plain-text.ts';
import { Whole } from './card-template.ts';
import type { Model } from './card-template.ts';

/** Which view of a request is rendered, and for whom. */
export interface View {
  /** `card`: the posted card and its personal views. `review`: everything, for one person. */
  readonly kind: 'card' | 'review';
  /** What the viewer sees and may press. */
  readonly request: RequestView;
  /** False: the view for everybody in the conversation. */
  readonly personal: boolean;
  readonly refreshFor: readonly string[];
  /** Base URL where a request that is too long for any card is read; null: none. */
  readonly publicUrl: string | null;
}

/**
 * The buttons of a view, as flags of the template. Approve needs a card that shows everything that
 * the digest covers (`whole`). These flags grant nothing: each click is checked again.
 */
export function actionsFor(
  { cards }: Text,
  { view, whole }: { view: View; whole: boolean },
): Model {
  const { open, own, mayCancel } = view.request;
  const review = view.kind === 'review';
  const stages = view.personal || !review ? decidingStages(view) : [];
  const decides = stages.length > 0;
  // A request that is cut off can still be denied.
  const deny = decides && (whole || review);
  return {
    deciding: stages.map((stage) => decidingModel(cards, stage, stages.length > 1)),
    approve: whole,
    denyOnCard: deny && !review,
    denyInReview: deny && review,
    cancel: mayCancel,
    review: open && !review && (!whole || (!decides && own === null)),
  };
}

/**
 * Open stages where the viewer has no standing word. Buttons that change a word are not offered
 * yet.
 */
function decidingStages({ request }: View): readonly StageView[] {
  return request.stages.filter(
    ({ words, mine }) => words.includes('approve') && (mine === null || mine.word === 'withdraw'),
  );
}

function decidingModel(
  cards: Text['cards'],
  { stage: { id, name: given }, mine }: StageView,
  several: boolean,
): Model {
  const stage = name(given, 40);
  return {
    s: id,
    a: new Whole(mine?.id ?? null),
    approveTitle: several ? cards.approveStage({ stage }) : cards.approve,
    denyTitle: several ? cards.denyStage({ stage }) : cards.deny,
  };
}

/** The notes above the request: what it means for the viewer, and what is cut off. */
export function notesFor(
  { cards }: Text,
  request: Request,
  { view, whole }: { view: View; whole: boolean },
): readonly Model[] {
  if (request.state !== 'pending') return [];
  const notes: Model[] = [];
  const { open, own, stages } = view.request;
  if (request.requester.rerun === true) {
    notes.push({ style: 'warning', text: cards.askedByRerun });
  }
  if (request.requester.kind === 'agent') {
    notes.push({ style: 'warning', text: cards.askedByAgent });
  }
  if (own !== null) {
    const asked = own === 'requester' ? cards.youAsked : cards.askedForYou;
    notes.push({ style: 'accent', text: asked });
  }
  const decided = stages.find(({ status, mine }) => status === 'open' && mine?.word === 'approve');
  if (decided) {
    const left = decided.of - decided.filled;
    notes.push({ style: 'good', text: cards.youApproved({ left }) });
  }
  if (view.personal) {
    const asked = decidingStages(view).map(({ stage }) => name(stage.name));
    const text = cards.youDecide({ stages: asked });
    if (asked.length > 0) notes.push({ style: 'accent', text });
  }
  if (!whole && open) {
    const url = `${view.publicUrl ?? ''}/v1/requests/${request.id}`;
    const text = view.kind === 'card' ? cards.cut : cards.tooLong({ url });
    notes.push({ style: 'warning', text });
  }
  return notes;
}
