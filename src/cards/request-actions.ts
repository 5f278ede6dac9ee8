import type { Request } from '../domain/request/request.ts';
import type { RequestView, StageView } from '../domain/views/request-view.ts';
import { name } from './plain-text.ts';
import { Whole } from './card-template.ts';
import type { Model } from './card-template.ts';

/** How a request is looked at, and by whom. */
export interface View {
  /** `card`: what is posted, and its personal views; `review`: everything, for one person. */
  readonly kind: 'card' | 'review';
  /** What the viewer sees and may press. */
  readonly request: RequestView;
  /** False: everybody's view. */
  readonly personal: boolean;
  readonly refreshFor: readonly string[];
  /** The time to decide is over, though that is not yet recorded. */
  readonly late: boolean;
  /** How a request that no card can show is read and decided instead; null: by the API. */
  readonly publicUrl: string | null;
}

/**
 * The buttons of a view, as flags of the template. Approve stands only on a card that shows all
 * that the digest covers (`whole`). What stands here decides nothing: the click is judged anew.
 */
export function actionsFor(request: Request, view: View, whole: boolean): Model {
  const open = request.state === 'pending' && !view.late;
  const review = view.kind === 'review';
  const stages = open && (view.personal || !review) ? decidingStages(view) : [];
  const decides = stages.length > 0;
  // What cannot be read to its end can still be denied.
  const deny = decides && (whole || review);
  return {
    deciding: stages.map((stage) => decidingModel(stage, stages.length > 1)),
    approve: whole,
    denyOnCard: deny && !review,
    denyInReview: deny && review,
    cancel: open && view.request.mayCancel,
    review: open && !review && (!whole || (!decides && view.request.own === null)),
  };
}

/** Open stages on which the viewer may give a first word; a later one is not offered here. */
function decidingStages({ request }: View): readonly StageView[] {
  return request.stages.filter(
    ({ words, mine }) => words.includes('approve') && (mine === null || mine.word === 'withdraw'),
  );
}

function decidingModel({ stage, mine }: StageView, several: boolean): Model {
  const of = several ? `: ${name(stage.name, 40)}` : '';
  return {
    s: stage.id,
    a: new Whole(mine?.id ?? null),
    approveTitle: `Approve${of}`,
    denyTitle: `Deny${of}`,
  };
}

/** What a view says ahead of the request, to its viewer or about what is cut. */
export function notesFor(request: Request, view: View, whole: boolean): readonly Model[] {
  if (request.state !== 'pending') return [];
  const notes: Model[] = [];
  const { own, stages } = view.request;
  if (own !== null) {
    const asked = own === 'requester' ? 'You asked for this' : 'This was asked for you';
    notes.push(note('accent', `${asked}, so somebody else decides.`));
  }
  const decided = stages.find(({ status, mine }) => status === 'open' && mine?.word === 'approve');
  if (decided) notes.push(note('good', decidedNote(decided)));
  if (view.personal && !view.late) {
    const asked = decidingStages(view).map(({ stage }) => name(stage.name));
    const text = `Your decision is asked for: ${asked.join(', ')}`;
    if (asked.length > 0) notes.push(note('accent', text));
  }
  if (!whole && !view.late) notes.push(note('warning', cutNote(request, view)));
  return notes;
}

function decidedNote({ filled, of }: StageView): string {
  const left = of - filled;
  return `You approved this. ${left} more ${left === 1 ? 'approval is' : 'approvals are'} needed.`;
}

function cutNote(request: Request, { kind, publicUrl }: View): string {
  if (kind === 'card') return 'Parts are too long for this card. Review shows everything.';
  const api = `${publicUrl ?? ''}/v1/requests/${request.id}`;
  return `This is too long for any card, so it cannot be approved here. Read it at ${api}`;
}

function note(style: string, text: string): Model {
  return { style, text: text };
}
