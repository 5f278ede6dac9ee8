import { mayDecide } from '../../domain/people/authority.ts';
import type { Principal } from '../../domain/people/principal.ts';
import { openStage } from '../../domain/request/request.ts';
import type { Request } from '../../domain/request/request.ts';
import type { CardViewer } from '../../usecases/ports/ports.ts';
import type { Answer } from './adapter.ts';
import { cardAnswer } from './answers.ts';
import type { BotDeps } from '../deps.ts';
import { textOf } from '../json.ts';
import type { Json } from '../json.ts';

/** What every button of a request's card brings: the request, the revision shown, its digest. */
export interface ShownRequest {
  readonly id: string;
  readonly revision: number;
  readonly digest: string;
}

/** Reads a button's data; undefined where it is not what the house wrote. */
export function readShown(data: Json): ShownRequest | undefined {
  const id = textOf(data.r, 64);
  const digest = textOf(data.d, 128);
  const { rev } = data;
  if (!id || !digest || typeof rev !== 'number' || !Number.isSafeInteger(rev) || rev < 1) {
    return undefined;
  }
  return { id, revision: rev, digest };
}

/** The person behind a verified token, as the viewer of a request's card. */
export function viewerFrom(request: Request, by: Principal): CardViewer {
  const stage = openStage(request);
  const decided = request.decisions.some(
    (decision) => decision.stage === stage && decision.approver.key === by.key,
  );
  const open = request.state === 'pending' && !decided;
  return { key: by.key, mayDecide: open && mayDecide(request, by).ok };
}

/** Answers with the request's card as this viewer sees it now. */
export async function requestAnswer(
  deps: BotDeps,
  request: Request,
  viewer: CardViewer,
): Promise<Answer> {
  const refreshFor = await deps.app.refreshFor(request);
  return cardAnswer(deps.cards.request(request, { viewer, refreshFor, now: deps.clock.now() }));
}
