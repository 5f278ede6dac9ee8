import { mayEverDecide, mayRead } from '../../domain/people/authority.ts';
import { refuse } from '../../domain/refusal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import type { DecideInput, DecideResult } from '../ports/app.ts';
import { applyCommand } from './apply-command.ts';
import type { AppContext } from '../app-context.ts';
import { exchangeKey, seenPerson, tokenKey } from '../people/people.ts';
import { recordRefusal } from './record-refusal.ts';
import type { RefusalDeps } from './record-refusal.ts';
import type { SeenPeople } from '../people/seen-people.ts';
import type { OnceKey } from '../ports/request-store.ts';

/**
 * Counts a verified person's word on a request. The principal comes from a token that was checked
 * for this click. A word that changes nothing returns the present state; a refusal is recorded. The
 * result holds the request only where the caller may see it.
 */
export async function decideRequest(
  deps: RefusalDeps & { seen: SeenPeople },
  input: DecideInput,
): Promise<DecideResult> {
  const human = mayEverDecide(input.by);
  // The same for every request, so that it tells nothing of one that the caller may not see.
  if (!human.ok) return refused(deps, input, human.refusal);
  const now = deps.clock.now();
  const { id, teams, ...said } = input;
  const exchange =
    teams &&
    exchangeKey(
      { sender: teams.sender, exchangeId: input.origin.exchangeId },
      { requestId: id, fingerprint: null, mac: deps.onceKeyMac },
      now,
    );
  const people = teams ? deps.seen.news(seenPerson(input.by, teams.sender, now)) : [];
  const applied = await applyCommand(deps, {
    id,
    command: { ...said, type: 'decide', decisionId: deps.ids.next('dec', now) },
    onceKeys: (request) => onceKeysOf(deps, input, { request, exchange: exchange ?? undefined }),
    people,
    clicked: teams?.card ?? null,
  });
  if (applied.kind === 'missing') return hidden();
  const { request } = applied;
  if (applied.kind === 'stepped') {
    deps.seen.written(people);
    return { kind: 'decided', request, decision: applied.decision };
  }
  const shown = maySee(deps, input, request);
  if (applied.kind === 'uncounted' && shown) {
    return { kind: 'uncounted', request, decision: applied.decision };
  }
  const { refusal } = applied.kind === 'refused' ? applied : hidden();
  const answer = await refused(deps, input, refusal);
  return shown ? { ...answer, request } : hidden();
}

/** Records a refusal, and answers with it. */
async function refused(deps: RefusalDeps, input: DecideInput, refusal: Refusal) {
  const { id, by, revision, origin } = input;
  const tried = { word: input.word, stage: input.stage.slice(0, 100), revision, origin };
  await recordRefusal(deps, { type: 'decision.refused', requestId: id, by, refusal, tried });
  return { kind: 'refused' as const, request: undefined, refusal };
}

/** In Teams, the digest of the clicked card proves that the person has seen the request. */
function maySee(
  { administration }: AppContext,
  { by, teams, digest }: DecideInput,
  request: Request,
) {
  return mayRead(request, by, administration) || (teams !== null && digest === request.digest);
}

/** Binds a click to its token exchange, and an API call to its token where the workflow says so. */
function onceKeysOf(
  { onceKeyMac: mac }: AppContext,
  input: DecideInput,
  { request, exchange }: { request: Request; exchange: OnceKey | undefined },
): readonly OnceKey[] {
  if (input.teams) return exchange ? [exchange] : [];
  const { id, stage, word, after } = input;
  const fingerprint = mac(canonicalJson({ id, stage, word, after }));
  const token = tokenKey(input.by, { requestId: id, fingerprint, mac }, request.plan.singleUse);
  return token ? [token] : [];
}

/** The result for a caller who may not see the request: as if it did not exist. */
export function hidden() {
  return { kind: 'refused' as const, request: undefined, ...refuse('request_not_found') };
}
