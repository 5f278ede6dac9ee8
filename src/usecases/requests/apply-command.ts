import { isApprover } from '../../domain/people/authority.ts';
import { isSameMessage } from '../../domain/request/cards.ts';
import type { Decision, Request } from '../../domain/request/request.ts';
import { refuse } from '../../domain/refusal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { transition } from '../../domain/request/transition.ts';
import type { Command } from '../../domain/request/transition.ts';
import type { ClickedCard } from '../ports/app.ts';
import { cardJob, jobsFor } from './build-change.ts';
import type { AppContext } from '../app-context.ts';
import { commitWithRetry } from '../store-faults.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { SeenPerson } from '../ports/card-store.ts';
import type { Change, CommitResult, OnceKey, RequestWithCards } from '../ports/request-store.ts';

/** From so many copies of a card on, deleted ones included, no more are adopted. */
const MAX_COPIES = 8;

/** Maximum number of retries after a conflict. */
const MAX_ROUNDS = 30;

export type Applied =
  /** `uncounted`: a word that changes nothing, with the person's last word. */
  | {
      readonly kind: 'stepped' | 'uncounted';
      readonly request: Request;
      readonly decision: Decision | null;
    }
  | { readonly kind: 'refused'; readonly request: Request; readonly refusal: Refusal }
  | { readonly kind: 'missing' };

interface Input {
  readonly id: string;
  readonly command: Command;
  /** The once-keys of the commit, which may depend on the plan. */
  readonly onceKeys?: (request: Request) => readonly OnceKey[];
  readonly people?: readonly SeenPerson[];
  /** The clicked message; it is adopted where it is unknown. */
  readonly clicked?: ClickedCard | null;
}

/**
 * Loads a request, applies a command and commits the step. After a conflict with a newer version it
 * starts again, so that no decision is lost or counted twice.
 */
export async function applyCommand(deps: AppContext, input: Input): Promise<Applied> {
  let used: Refusal | undefined;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await deps.store.loadWithCards(input.id);
    if (!found) return { kind: 'missing' };
    const { request } = found;
    const ruled = transition(request, input.command, deps.clock.now());
    const adopted = adopt(deps, found, input.clicked);
    if (ruled.kind !== 'step') {
      // An unknown copy with an older revision is adopted, so that a job updates it: of an approver
      // alone, as others may press any number of copies. On a conflict, the other commit did not
      // know of the copy, so this is tried again.
      if (isOlderOfApprover(request, input.command) && adopted.length > 0) {
        const jobs = adopted.map((card) => cardJob(card, deps.clock.now()));
        const { status } = await commit(deps, request, { jobs, cards: adopted });
        if (status !== 'committed') continue;
      }
      return { ...ruled, request };
    }
    // A repeat of the same click ends above, so the once-key belongs to something else.
    if (used) return { kind: 'refused', request, refusal: used };
    const { step } = ruled;
    const result = await deps.record(step.events, step.request.updatedAt, (recorded) =>
      commit(deps, request, {
        onceKeys: input.onceKeys?.(request) ?? [],
        request: step.request,
        ...recorded,
        ...jobsFor(request, step, [...found.cards, ...adopted]),
        cards: adopted,
        ...(step.decision ? { decision: step.decision } : {}),
        people: input.people ?? [],
      }),
    );
    if (result.status === 'committed') {
      deps.signals.changed(request.id);
      return { kind: 'stepped', request: step.request, decision: step.decision };
    }
    used = result.status === 'duplicate' ? usedBefore(result.of) : undefined;
  }
  throw new Error(`request ${input.id}: ${MAX_ROUNDS} commits in a row met a newer version`);
}

/** Commits a change under the guard of this version. */
async function commit(
  deps: AppContext,
  { id: requestId, version }: Request,
  change: Partial<Change>,
): Promise<CommitResult> {
  const at = change.request?.updatedAt ?? deps.clock.now();
  const id = deps.ids.next('chg', at);
  const guard = { requestId, version };
  const result = await commitWithRetry(deps.store, { id, at, guard, ...change });
  if (result.status === 'committed') deps.signals.jobsWaiting();
  return result;
}

function usedBefore(of: Extract<CommitResult, { status: 'duplicate' }>['of']): Refusal | undefined {
  const proof = of === 'exchange' || of === 'token' ? of : undefined;
  return proof && refuse('token_replayed', { proof }).refusal;
}

/** Whether an approver clicked a card with an older revision. */
function isOlderOfApprover(request: Request, command: Command): boolean {
  if (command.type !== 'decide' || !isApprover(request, command.by)) return false;
  return command.revision < request.version && command.digest === request.digest;
}

/**
 * Adopts a clicked copy that the store does not know, because it was posted just before a crash.
 * Only in the request's channel or in the clicker's own chat: everybody in another channel would
 * see what was a personal view. The id of the message comes from the client, so copies are few.
 */
function adopt(
  deps: AppContext,
  { request, cards }: RequestWithCards,
  clicked: ClickedCard | null | undefined,
): Card[] {
  if (!clicked || cards.length >= MAX_COPIES) return [];
  const { channels, ...posted } = clicked;
  if (channels !== null && !channels.includes(request.plan.channel)) return [];
  if (cards.some((card) => isSameMessage(card, posted))) return [];
  const id = deps.ids.next('crd', deps.clock.now());
  const place = { channel: null, ...posted, postedRevision: 0 };
  return [{ id, requestId: request.id, state: 'posted', ...place }];
}
