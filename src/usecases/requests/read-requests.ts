import { isAuditor } from '../../domain/people/administration.ts';
import { mayRead } from '../../domain/people/authority.ts';
import { readersWith } from '../../domain/people/readers.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Request } from '../../domain/request/request.ts';
import type { ListInput } from '../ports/app.ts';
import type { RequestQuery } from '../ports/request-store.ts';
import type { AppContext } from '../app-context.ts';

/** The request where the principal may read it; undefined otherwise, as if it did not exist. */
export function readable(
  { administration }: AppContext,
  request: Request | undefined,
  by: Principal,
): Request | undefined {
  return request && mayRead(request, by, administration) ? request : undefined;
}

/**
 * Requests that the principal may read, newest first. The store reads only these, by an index. The
 * cursor is the number of the last one shown: the next page starts below it.
 */
export async function listRequests(
  deps: AppContext,
  input: ListInput,
): Promise<{ requests: readonly Request[]; cursor: string | null }> {
  const { by, limit, states, workflow, cursor } = input;
  const scope = scopeOf(deps, input);
  if (scope === undefined) return { requests: [], cursor: null };
  const rows = await deps.store.listRequests({
    ...scope,
    ...(states ? { states } : {}),
    ...(workflow === undefined ? {} : { workflow }),
    ...(cursor === undefined ? {} : { before: Number(cursor) }),
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    // The index finds, and the rule decides.
    requests: shown.filter((request) => mayRead(request, by, deps.administration)),
    cursor: last === undefined ? null : String(last.number),
  };
}

/** How the store finds what the principal may read; undefined where there can be nothing. */
function scopeOf(
  { administration }: AppContext,
  { by, requester }: ListInput,
): Pick<RequestQuery, 'requester' | 'readers'> | undefined {
  const wanted = requester === undefined ? {} : { requester };
  if (requester === by.key) return wanted;
  if (by.kind !== 'person') return requester === undefined ? { requester: by.key } : undefined;
  if (isAuditor(administration, by)) return wanted;
  return { ...wanted, readers: readersWith(by) };
}
