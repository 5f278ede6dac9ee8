import { mayDecideStage } from '../../domain/people/authority.ts';
import { teamsIdsOf } from '../../domain/people/principal.ts';
import type { PrincipalRef } from '../../domain/people/principal.ts';
import type { Request } from '../../domain/request/request.ts';
import { seatsOf } from '../../domain/request/seats.ts';
import { openStages } from '../../domain/request/stages.ts';
import type { Viewer } from '../../domain/views/request-view.ts';
import type { AppContext } from '../app-context.ts';
import type { TeamsSender } from '../ports/teams-sender.ts';
import { personKey } from '../people/people.ts';

/** Teams limits the user ids of a refresh to this number. */
const MAX_REFRESH = 60;

/**
 * Teams user ids whose clients fetch a personal view: the requester, and people whose last verified
 * roles and claims fit an open stage. The view is a hint; each click is checked again.
 */
export async function refreshFor(deps: AppContext, request: Request): Promise<readonly string[]> {
  const stages = openStages(request);
  if (stages.length === 0) return [];
  const users = new Set<string>();
  const asker = teamsIdsOf(request.requester);
  const requester = asker && (await deps.store.findPerson(personKey(asker)));
  if (requester) users.add(requester.userId);
  const roles = [...new Set(stages.flatMap(seatsOf).flatMap((seat) => seat.roles))];
  for (const person of await deps.store.findPeople(roles, MAX_REFRESH)) {
    const may = stages.some((stage) => mayDecideStage(stage, person).ok);
    if (users.size < MAX_REFRESH && may) users.add(person.userId);
  }
  return [...users];
}

/**
 * A Teams person as a viewer: the identity that takes part in the request, where there is one, with
 * the roles and claims that were last verified.
 */
export async function viewerOf(
  deps: AppContext,
  request: Request,
  sender: TeamsSender,
): Promise<Viewer> {
  const involved = [request.requester, ...request.decisions.map(({ approver }) => approver)];
  const known = involved.find(
    ({ tenant, objectId }) => objectId === sender.objectId && tenant === sender.tenantId,
  );
  const person = await deps.store.findPerson(personKey(sender));
  const { roles = [], claims = {} } = person ?? {};
  return { ...(known ?? unknownPerson(sender)), roles, claims };
}

function unknownPerson(sender: TeamsSender): PrincipalRef {
  return {
    key: personKey(sender),
    kind: 'person',
    provider: 'teams',
    subject: sender.objectId,
    tenant: sender.tenantId,
    objectId: sender.objectId,
    name: sender.name,
  };
}
