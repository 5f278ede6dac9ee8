import { mayDecideStage } from '../../domain/people/authority.ts';
import type { PrincipalRef } from '../../domain/people/principal.ts';
import { openStage } from '../../domain/request/request.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Deps } from '../deps.ts';
import { personKey } from '../people/people.ts';
import type { TeamsSender } from '../ports/ports.ts';

/** Teams refreshes a card for at most this many people. */
const MAX_REFRESH = 60;

/**
 * Teams user ids whose clients fetch a view of their own: the requester, and people who last
 * carried what the open stage asks for. What they see is a hint; the click is checked afresh.
 */
export async function refreshFor(deps: Deps, request: Request): Promise<readonly string[]> {
  if (request.state !== 'pending') return [];
  const stage = request.plan.stages[openStage(request)];
  if (!stage) return [];
  const users = new Set<string>();
  const requester = await personSeen(deps, request.requester);
  if (requester) users.add(requester.userId);
  for (const person of await deps.store.findPeople(stage.roles, MAX_REFRESH)) {
    if (users.size < MAX_REFRESH && mayDecideStage(stage, person).ok) users.add(person.userId);
  }
  return [...users];
}

/** Who a Teams person is to a request, as far as the house remembers. */
export async function viewerOf(
  deps: Deps,
  request: Request,
  sender: TeamsSender,
): Promise<{ key: string; mayDecide: boolean }> {
  const involved = [request.requester, ...request.decisions.map((decision) => decision.approver)];
  const known = involved.find((person) => isSender(person, sender));
  if (known && known.key === request.requester.key) return { key: known.key, mayDecide: false };
  const stage = request.plan.stages[openStage(request)];
  const person = await deps.store.findPerson(personKey(sender));
  const decided = request.decisions.some(
    (decision) => decision.stage === openStage(request) && isSender(decision.approver, sender),
  );
  const mayDecide =
    request.state === 'pending' &&
    !decided &&
    stage !== undefined &&
    person !== undefined &&
    mayDecideStage(stage, person).ok;
  return { key: known?.key ?? personKey(sender), mayDecide };
}

async function personSeen(deps: Deps, ref: PrincipalRef) {
  if (ref.tenant === null || ref.objectId === null) return undefined;
  return deps.store.findPerson(personKey({ tenantId: ref.tenant, objectId: ref.objectId }));
}

function isSender(person: PrincipalRef, sender: TeamsSender): boolean {
  return person.objectId === sender.objectId && person.tenant === sender.tenantId;
}
