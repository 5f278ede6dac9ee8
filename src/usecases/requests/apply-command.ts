import { isSameMessage } from '../../domain/request/cards.ts';
import type { Decision, Request } from '../../domain/request/request.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { transition } from '../../domain/request/transition.ts';
import type { Command } from '../../domain/request/transition.ts';
import type { ClickedCard } from '../ports/app.ts';
import { recordEvents } from '../record-events.ts';
import { cardJob, jobsFor } from './build-change.ts';
import type { Deps } from '../deps.ts';
import { exchangeReplayed, tokenReplayed } from '../people/people.ts';
import { commitWithRetry } from '../store-faults.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { SeenPerson } from '../ports/card-store.ts';
import type { Change, CommitResult, OnceKey } from '../ports/request-store.ts';

/** How often a lost race is run again before it is a fault. */
const MAX_ROUNDS = 30;

export type Applied =
  | { readonly kind: 'stepped'; readonly request: Request; readonly decision: Decision | null }
  /** A word that changes nothing, with the one that stands. */
  | { readonly kind: 'uncounted'; readonly request: Request; readonly decision: Decision | null }
  | { readonly kind: 'refused'; readonly request: Request; readonly refusal: Refusal }
  | { readonly kind: 'missing' };

/**
 * Loads a request, rules on a command, commits the step. On a conflict with a newer version it
 * loads and rules again, so that no decision is lost or counted twice.
 */
export async function applyCommand(
  deps: Deps,
  input: {
    id: string;
    command: Command;
    /** Computed from the request, as its plan may ask for one. */
    onceKeys?: (request: Request) => readonly OnceKey[];
    people?: readonly SeenPerson[];
    /** The copy of the card that was clicked: adopted where it is not known. */
    clicked?: ClickedCard | null;
  },
): Promise<Applied> {
  let used: Refusal | undefined;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await deps.store.loadWithCards(input.id);
    if (!found) return { kind: 'missing' };
    const { request, cards: known } = found;
    const now = deps.clock.now();
    const ruled = transition(request, input.command, now);
    if (ruled.kind !== 'step') {
      const settled = await settleCopy(deps, request, { ...input, known, now });
      if (!settled) continue;
      if (ruled.kind === 'uncounted')
        return { kind: 'uncounted', request, decision: ruled.decision };
      return { kind: 'refused', request, refusal: ruled.refusal };
    }
    // A lost race with the same click ends above as a repeat; here it is used for something else.
    if (used) return { kind: 'refused', request, refusal: used };
    const { step } = ruled;
    const adopted = adopt(deps, request, { known, clicked: input.clicked ?? null, now });
    const change: Change = {
      id: deps.ids.next('chg', now),
      at: now,
      guard: { requestId: request.id, version: request.version },
      onceKeys: input.onceKeys?.(request) ?? [],
      request: step.request,
      ...recordEvents(deps, step.events, now),
      ...jobsFor(request, step, [...known, ...adopted]),
      cards: adopted,
      ...(step.decision ? { decision: step.decision } : {}),
      people: input.people ?? [],
    };
    const result = await commitWithRetry(deps.store, change);
    if (result.status === 'committed') {
      deps.signals.changed(request.id);
      deps.signals.jobsWaiting();
      return { kind: 'stepped', request: step.request, decision: step.decision };
    }
    used = result.status === 'duplicate' ? usedBefore(result.of) : undefined;
  }
  throw new Error(`request ${input.id}: ${MAX_ROUNDS} commits in a row met a newer version`);
}

function usedBefore(of: Extract<CommitResult, { status: 'duplicate' }>['of']): Refusal | undefined {
  if (of === 'exchange') return exchangeReplayed();
  return of === 'token' ? tokenReplayed() : undefined;
}

/**
 * A click that changes nothing may come from a copy that nobody knows of and that still shows an
 * earlier revision: it is adopted, so that it shows how things stand. False where the request has
 * moved on meanwhile: whoever moved it did not know of this copy.
 */
async function settleCopy(
  deps: Deps,
  request: Request,
  {
    command,
    clicked,
    known,
    now,
  }: {
    command: Command;
    clicked?: ClickedCard | null;
    known: readonly Card[];
    now: number;
  },
): Promise<boolean> {
  if (command.type !== 'decide' || !clicked) return true;
  if (command.revision >= request.version || command.digest !== request.digest) return true;
  const cards = adopt(deps, request, { known, clicked, now });
  if (cards.length === 0) return true;
  const { status } = await deps.store.commit({
    id: deps.ids.next('chg', now),
    at: now,
    cards,
    guard: { requestId: request.id, version: request.version },
    jobs: cards.map((card) => cardJob(card, now)),
  });
  deps.signals.jobsWaiting();
  return status === 'committed';
}

/**
 * A copy of the card that somebody clicked and nobody knows of: posted just before a crash. Only
 * where everybody may see it: in the request's channel, or in the clicker's own chat. A personal
 * view in another channel must not become what all its members see.
 */
function adopt(
  deps: Deps,
  request: Request,
  copy: { known: readonly Card[]; clicked: ClickedCard | null; now: number },
): Card[] {
  const { clicked } = copy;
  if (!clicked) return [];
  const { channels, ...posted } = clicked;
  if (channels !== null && !channels.includes(request.plan.channel)) return [];
  if (copy.known.some((card) => isSameMessage(card, posted))) return [];
  return [
    {
      id: deps.ids.next('crd', copy.now),
      requestId: request.id,
      state: 'posted',
      channel: null,
      ...posted,
      postedRevision: 0,
    },
  ];
}
