import { refuse } from '../../domain/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { sha256 } from '../../lib/hash.ts';
import type { DecideInput, DecideResult } from '../ports/app.ts';
import { applyCommand } from './apply-command.ts';
import type { Deps } from '../deps.ts';
import { exchangeKey, seenPerson, tokenKey } from '../people/people.ts';
import { recordRefusal } from './record-refusal.ts';
import type { RefusalRecorder } from './record-refusal.ts';
import type { SeenPeople } from '../people/seen-people.ts';
import type { OnceKey } from '../ports/request-store.ts';

/**
 * Counts one verified person's word on a request. The principal comes from a token checked at this
 * very click; a word that changes nothing is answered with how things stand; a refusal is recorded.
 */
export async function decideRequest(
  deps: Deps & { refusals: RefusalRecorder; seen: SeenPeople },
  input: DecideInput,
): Promise<DecideResult> {
  const now = deps.clock.now();
  const exchange =
    input.teams &&
    exchangeKey(
      { sender: input.teams.sender, exchangeId: input.origin.exchangeId },
      { requestId: input.id, fingerprint: null },
      now,
    );
  const people = input.teams ? deps.seen.news(seenPerson(input.by, input.teams.sender, now)) : [];
  const applied = await applyCommand(deps, {
    id: input.id,
    command: {
      type: 'decide',
      decisionId: deps.ids.next('dec', now),
      by: input.by,
      word: input.word,
      stage: input.stage,
      after: input.after,
      reason: input.reason,
      digest: input.digest,
      revision: input.revision,
      origin: input.origin,
    },
    onceKeys: (request) => onceKeysOf(input, request, exchange ?? undefined),
    people,
    clicked: input.teams?.card ?? null,
  });
  switch (applied.kind) {
    case 'stepped':
      deps.seen.written(people);
      return { kind: 'decided', request: applied.request, decision: applied.decision };
    case 'uncounted':
      return { kind: 'uncounted', request: applied.request, decision: applied.decision };
    case 'missing':
      return { kind: 'refused', request: undefined, ...notFound() };
    case 'refused':
      await recordRefusal(deps, {
        type: 'decision.refused',
        requestId: input.id,
        by: input.by,
        refusal: applied.refusal,
        tried: {
          word: input.word,
          stage: input.stage.slice(0, 100),
          revision: input.revision,
          origin: input.origin,
        },
      });
      return { kind: 'refused', request: applied.request, refusal: applied.refusal };
  }
}

/** A click is bound to its exchange; a bearer's word to its token, where the workflow says so. */
function onceKeysOf(
  input: DecideInput,
  request: Request,
  exchange: OnceKey | undefined,
): readonly OnceKey[] {
  if (input.teams) return exchange ? [exchange] : [];
  const { id, stage, word, after } = input;
  const fingerprint = sha256(canonicalJson({ id, stage, word, after }));
  const token = tokenKey(input.by, { requestId: id, fingerprint }, request.plan.singleUse);
  return token ? [token] : [];
}

/** The refusal of a request that does not exist, or that the asker may not know of. */
export function notFound(): Pick<ReturnType<typeof refuse>, 'refusal'> {
  return { refusal: refuse('request_not_found').refusal };
}
