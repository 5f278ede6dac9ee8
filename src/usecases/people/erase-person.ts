import { isAdministrator } from '../../domain/people/administration.ts';
import { eraseFrom, isNamed, peopleOf } from '../../domain/people/erased.ts';
import { directoryName } from '../../domain/people/principal.ts';
import type { Principal, PrincipalRef } from '../../domain/people/principal.ts';
import { refuse } from '../../domain/refusal.ts';
import { isEnded, REQUEST_STATES } from '../../domain/request/state.ts';
import type { EraseInput, EraseResult } from '../ports/app.ts';
import type { AppContext } from '../app-context.ts';
import type { ErasureStore, KnownAs } from '../ports/erasure-store.ts';
import type { PersonKeyStore } from '../ports/person-keys.ts';
import { personKey } from './people.ts';

const ENDED = REQUEST_STATES.filter(isEnded);
const OPEN = REQUEST_STATES.filter((state) => !isEnded(state));
/** Requests that one commit overwrites. */
const AT_ONCE = 200;
/** Commits of one call, and lost races among them. */
const MAX_COMMITS = 1_000;
/** Names lead to more names: linked identities, other tenants. */
const MAX_STEPS = 6;
const ALIAS_BYTES = 12;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type ErasureDeps = Pick<AppContext, 'administration' | 'clock' | 'ids' | 'linkedTo' | 'record'> & {
  readonly store: ErasureStore & PersonKeyStore;
};

/**
 * Erases a person: destroys the keys that the audit log is encrypted with for them, and overwrites
 * every plain value. Refused while a request that has not ended names them.
 */
export async function erasePerson(deps: ErasureDeps, input: EraseInput): Promise<EraseResult> {
  const { by, person } = input;
  if (!isAdministrator(deps.administration, by)) return refused(refuse('not_administrator'));
  const done = { requests: 0, keys: 0 };
  // Kept from commit to commit: they overwrite what leads from one name to the next.
  const names = new Set(spellingsOf(person));
  let recorded = false;
  for (let commits = 0; commits < MAX_COMMITS; commits += 1) {
    const { isKnown, open, ended } = await findPerson(deps, names);
    if (isNamed(by, names)) return refused(refuse('own_erasure'));
    // A text that nobody is called by may be a role, a state or a tenant in any request.
    if (!isKnown) names.clear();
    if (open.length > 0) {
      const numbers = open.map(({ number }) => String(number));
      return refused(refuse('person_in_use', { numbers }));
    }
    const requests = ended.flatMap((request) => {
      const alias = `erased|${deps.ids.secret(ALIAS_BYTES)}`;
      const erased = eraseFrom(request, { names, alias });
      const asked = isNamed(request.requester, names);
      return erased ? [{ request: erased, seen: request.version, asked }] : [];
    });
    const last = ended.length < AT_ONCE;
    const keys = await deps.store.findPersonKeys([...names]);
    const pseudonyms = keys.map(({ pseudonym }) => pseudonym).sort();
    const events = recorded ? [] : [erasedEvent(input, pseudonyms)];
    const { status } = await deps.record(events, deps.clock.now(), (written) =>
      deps.store.erase({
        ...written,
        names: [...names],
        pseudonyms,
        requests,
        last,
        without: last ? REQUEST_STATES : OPEN,
      }),
    );
    if (status !== 'committed') continue;
    recorded = true;
    done.requests += requests.length;
    done.keys += keys.length;
    if (last) return { kind: 'erased', ...done };
  }
  throw new Error(`${MAX_COMMITS} commits did not erase everything: run it again`);
}

/** Adds everything that the person is called to the names, and finds the requests that name them. */
async function findPerson(deps: ErasureDeps, names: Set<string>) {
  let isKnown = false;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const before = names.size;
    for (const name of [...names]) for (const linked of deps.linkedTo(name)) names.add(linked);
    const objectIds = [...names].filter((name) => GUID.test(name));
    const rows = await deps.store.findKnownAs({ names: [...names], objectIds });
    for (const row of rows) addNames(names, row);
    const query = { names: [...names], limit: AT_ONCE };
    const ended = await deps.store.findNaming({ ...query, states: ENDED });
    const open = await deps.store.findNaming({ ...query, states: OPEN });
    const refs = [...ended, ...open].flatMap(peopleOf).filter((ref) => isOrIsLinked(ref, names));
    for (const ref of refs) if (isNamed(ref, names)) addRef(names, ref);
    isKnown ||= rows.length > 0 || refs.length > 0;
    if (names.size > before) continue;
    isKnown ||= (await deps.store.findPersonKeys([...names])).length > 0;
    return isKnown ? { isKnown, open, ended } : { isKnown, open: [], ended: [] };
  }
  throw new Error('the identities of a person lead to ever more of them');
}

/** Also the human behind a pipeline, who is named by it and is somebody else. */
function isOrIsLinked(ref: PrincipalRef, names: ReadonlySet<string>): boolean {
  return isNamed(ref, names) || (ref.linkedIdentities ?? []).some((key) => names.has(key));
}

function addRef(names: Set<string>, ref: PrincipalRef): void {
  const { tenant: tenantId, objectId, key: principal } = ref;
  addNames(names, { tenantId, objectId, userId: null, principal });
  if (ref.kind !== 'workload') for (const key of ref.linkedIdentities ?? []) names.add(key);
}

function addNames(names: Set<string>, { tenantId, objectId, userId, principal }: KnownAs): void {
  if (principal !== null) names.add(principal);
  if (userId !== null) names.add(userId);
  for (const spelled of objectId === null ? [] : spellingsOf(objectId)) {
    names.add(spelled);
    names.add(directoryName({ tenant: tenantId ?? '', objectId: spelled }));
    if (tenantId !== null) names.add(personKey({ tenantId, objectId: spelled }));
  }
}

/** An object id in both cases: some providers and tools write it in capitals. */
function spellingsOf(name: string): readonly string[] {
  return GUID.test(name) ? [name, name.toLowerCase(), name.toUpperCase()] : [name];
}

function erasedEvent({ by, reason }: EraseInput, pseudonyms: readonly string[]) {
  const { key, name, token, roles, proof = null } = by satisfies Principal;
  const data = { pseudonyms, reason, token, roles, proof };
  return { type: 'person.erased', requestId: null, actor: { key, name }, data } as const;
}

function refused({ refusal }: ReturnType<typeof refuse>): EraseResult {
  return { kind: 'refused', refusal };
}
