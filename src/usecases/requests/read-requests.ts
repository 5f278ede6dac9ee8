import { mayRead } from '../../domain/people/authority.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { ListInput } from '../ports/app.ts';
import type { AppContext } from '../app-context.ts';

const PAGE = 100;
const MAX_PAGES = 10;

/** The request where the principal may read it; undefined otherwise, as if it did not exist. */
export function readable(
  { administration }: AppContext,
  request: Request | undefined,
  by: Principal,
): Request | undefined {
  return request && mayRead(request, by, administration) ? request : undefined;
}

/**
 * Requests that the principal may read, newest first. The cursor is a number: the next page starts
 * below it. A page may hold fewer than `limit` although the cursor says that there are more.
 */
export async function listRequests(
  deps: AppContext,
  input: ListInput,
): Promise<{ requests: readonly Request[]; cursor: string | null }> {
  let before = input.cursor === undefined ? undefined : Number(input.cursor);
  const found: Request[] = [];
  const narrow = input.by.kind !== 'person' ? { requester: input.by.key } : {};
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const rows = await deps.store.listRequests({
      ...(input.states ? { states: input.states } : {}),
      ...(input.workflow === undefined ? {} : { workflow: input.workflow }),
      ...(input.requester === undefined ? narrow : { requester: input.requester }),
      ...(before === undefined ? {} : { before }),
      limit: PAGE,
    });
    for (const request of rows) {
      before = request.number;
      if (mayRead(request, input.by, deps.administration)) found.push(request);
      if (found.length === input.limit) return { requests: found, cursor: String(before) };
    }
    if (rows.length < PAGE) return { requests: found, cursor: null };
  }
  return { requests: found, cursor: before === undefined ? null : String(before) };
}
