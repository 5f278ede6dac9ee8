import type { Request } from '../domain/request/request.ts';
import type { Principal } from '../domain/people/principal.ts';
import type { CardAction, RequestAction } from './card-action.ts';
import type { InteractionDeps } from './deps.ts';
import type { ProofSubject } from './prover.ts';
import { notFound } from './reply.ts';
import type { Reply } from './reply.ts';

/** Review: everything that is decided about, for people whose token lets them read it. */
export function reviewRequest<Ask>(
  { app }: InteractionDeps,
  { shown, ...action }: RequestAction<Ask>,
): Promise<Reply<Ask>> {
  const subject = { requestId: shown.id, revision: shown.revision };
  return review(action, subject, (by) => app.readRequest({ id: shown.id, by }));
}

/** The same by number, for `status 17`: nothing is revealed before the reader is known. */
export function reviewByNumber<Ask>(
  { app }: InteractionDeps,
  action: CardAction<Ask>,
  number: number,
): Promise<Reply<Ask>> {
  const subject = { requestId: `number:${number}`, revision: 0 };
  return review(action, subject, (by) => app.readRequestByNumber({ number, by }));
}

async function review<Ask>(
  { prover }: Pick<CardAction<Ask>, 'prover'>,
  subject: ProofSubject,
  read: (by: Principal) => Promise<Request | undefined>,
): Promise<Reply<Ask>> {
  const proof = await prover.prove({ subject });
  if (proof.kind === 'unproven') return proof;
  const request = await read(proof.by);
  return request ? { kind: 'review', request, viewer: proof.by } : notFound();
}
