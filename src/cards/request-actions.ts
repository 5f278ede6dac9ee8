import { openStage } from '../domain/request/request.ts';
import type { Decision, Request } from '../domain/request/request.ts';
import type { CardViewer } from '../usecases/ports/ports.ts';
import type { Model } from './card-template.ts';
import { name } from './plain-text.ts';
import { approvalsLeft } from './stage-model.ts';

/** Who looks at a request, and where. */
export interface View {
  /** `card`: what is posted, and its personal views; `review`: everything, for one person. */
  readonly kind: 'card' | 'review';
  /** Null for everybody. */
  readonly viewer: CardViewer | null;
  readonly refreshFor: readonly string[];
  /** The time to decide is over, though that is not yet recorded. */
  readonly late: boolean;
  /** How a request that no card can show is read and decided instead; null: by the API. */
  readonly publicUrl: string | null;
}

type Deciding = 'asker' | 'decided' | 'may' | 'open' | 'no';

/**
 * The buttons of a view, as flags of the template. Approve stands only on a card that shows all
 * that the digest covers (`whole`). What stands here decides nothing: the click is judged anew.
 */
export function actionsFor(request: Request, view: View, whole: boolean): Model {
  const open = request.state === 'pending' && !view.late;
  const deciding = decidingOf(request, view.viewer);
  const review = view.kind === 'review';
  const decides = open && (deciding === 'may' || (deciding === 'open' && !review));
  // What cannot be read to its end can still be denied.
  const deny = decides && (whole || review);
  return {
    approve: decides && whole,
    denyOnCard: deny && !review,
    denyInReview: deny && review,
    cancel: open && deciding === 'asker',
    review: open && !review && (!whole || deciding === 'no' || deciding === 'decided'),
  };
}

/** What a view says ahead of the request, to its viewer or about what is cut. */
export function notesFor(request: Request, view: View, whole: boolean): readonly Model[] {
  if (request.state !== 'pending') return [];
  const notes: Model[] = [];
  const deciding = decidingOf(request, view.viewer);
  if (deciding === 'asker') {
    const own = view.viewer?.key === request.requester.key;
    const asked = own ? 'You asked for this' : 'This was asked for you';
    notes.push(note('accent', `${asked}, so somebody else decides.`));
  }
  if (deciding === 'decided') notes.push(note('good', decidedNote(request)));
  if (deciding === 'may' && !view.late) {
    notes.push(note('accent', `Your decision is asked for: ${stageName(request)}`));
  }
  if (!whole && !view.late) notes.push(note('warning', cutNote(request, view)));
  return notes;
}

function decidingOf(request: Request, viewer: CardViewer | null): Deciding {
  if (viewer === null) return 'open';
  const { requester, beneficiary } = request;
  if (viewer.key === requester.key || viewer.key === beneficiary.key) return 'asker';
  if (ownDecision(request, viewer)) return 'decided';
  return viewer.mayDecide ? 'may' : 'no';
}

function ownDecision(request: Request, viewer: CardViewer): Decision | undefined {
  const stage = openStage(request);
  return request.decisions.find(
    (decision) => decision.stage === stage && decision.approver.key === viewer.key,
  );
}

function decidedNote(request: Request): string {
  const left = approvalsLeft(request);
  return `You approved this. ${left} more ${left === 1 ? 'approval is' : 'approvals are'} needed.`;
}

function cutNote(request: Request, { kind, publicUrl }: View): string {
  if (kind === 'card') return 'Parts are too long for this card. Review shows everything.';
  const api = `${publicUrl ?? ''}/v1/requests/${request.id}`;
  return `This is too long for any card, so it cannot be approved here. Read it at ${api}`;
}

function stageName(request: Request): string {
  return name(request.plan.stages[openStage(request)]?.name ?? '');
}

function note(style: string, text: string): Model {
  return { style, text: text };
}
