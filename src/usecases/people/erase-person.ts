import { isAdministrator } from '../../domain/people/administration.ts';
import { eraseFrom, isNamed, peopleOf } from '../../domain/people/erased.ts';
import { directoryName } from '../../domain/people/principal.ts';
import type { Principal } from '../../domain/people/principal.ts';
import { refuse } from '../../domain/refusal.ts';
import { isEnded, REQUEST_STATES } from '../../domain/request/state.ts';
import type { Request } from '../../domain/request/request.ts';
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
  if (!isAdministrator(deps.administration, by)) return refused('not_administrator');
  const done = { requests: 0, keys: 0 };
  let recorded = false;
  for (let commits = 0; commits < MAX_COMMITS; commits += 1) {
    const { names, open, ended } = await findPerson(deps, person);
    if (isNamed(by, names)) return refused('own_erasure');
    if (open.length > 0) {
      const numbers = open.map(({ number }) => String(number));
      return { kind: 'refused', refusal: refuse('person_in_use', { numbers }).refusal };
    }
    const requests = ended.flatMap((request) => {
      const alias = `erased|${deps.ids.secret(ALIAS_BYTES)}`;
      const erased = eraseFrom(request, { names, alias });
      return erased ? [{ request: erased, seen: request.version }] : [];
    });
    const keys = await deps.store.findPersonKeys([...names]);
    const pseudonyms = keys.map(({ pseudonym }) => pseudonym).sort();
    const events = recorded ? [] : [erasedEvent(input, pseudonyms)];
    const { status } = await deps.record(events, deps.clock.now(), (written) =>
      deps.store.erase({ ...written, names: [...names], pseudonyms, open: OPEN, requests }),
    );
    if (status !== 'committed') continue;
    recorded = true;
    done.requests += requests.length;
    done.keys += keys.length;
    if (ended.length < AT_ONCE || requests.length === 0) return { kind: 'erased', ...done };
  }
  throw new Error(`${MAX_COMMITS} commits did not erase everything: run it again`);
}

interface Found {
  readonly names: ReadonlySet<string>;
  /** Requests that name the person. */
  readonly open: readonly Request[];
  readonly ended: readonly Request[];
}

/** Everything that a person is called, and the requests in which it stands. */
async function findPerson(deps: ErasureDeps, person: string): Promise<Found> {
  // Object ids are GUIDs, which people write in capitals too.
  const names = new Set([GUID.test(person) ? person.toLowerCase() : person]);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const known = names.size;
    for (const name of [...names]) for (const linked of deps.linkedTo(name)) names.add(linked);
    const objectIds = [...names].filter((name) => GUID.test(name));
    const rows = await deps.store.findKnownAs({ names: [...names], objectIds });
    for (const row of rows) addNames(names, row);
    const query = { names: [...names], limit: AT_ONCE };
    const ended = await deps.store.findNaming({ ...query, states: ENDED });
    const open = await deps.store.findNaming({ ...query, states: OPEN });
    for (const ref of [...ended, ...open].flatMap(peopleOf)) {
      if (!isNamed(ref, names)) continue;
      addNames(names, {
        tenantId: ref.tenant,
        objectId: ref.objectId,
        userId: null,
        principal: ref.key,
      });
      if (ref.kind === 'person') for (const key of ref.linkedIdentities ?? []) names.add(key);
    }
    if (names.size === known) return { names, open, ended };
  }
  throw new Error('the identities of a person lead to ever more of them');
}

function addNames(names: Set<string>, { tenantId, objectId, userId, principal }: KnownAs): void {
  if (principal !== null) names.add(principal);
  if (userId !== null) names.add(userId);
  if (objectId === null) return;
  names.add(objectId);
  names.add(directoryName({ tenant: tenantId ?? '', objectId }));
  if (tenantId !== null) names.add(personKey({ tenantId, objectId }));
}

function erasedEvent({ by, reason }: EraseInput, pseudonyms: readonly string[]) {
  const { key, name, token, roles, proof = null } = by satisfies Principal;
  const data = { pseudonyms, reason, token, roles, proof };
  return { type: 'person.erased', requestId: null, actor: { key, name }, data } as const;
}

function refused(code: 'not_administrator' | 'own_erasure'): EraseResult {
  return { kind: 'refused', refusal: refuse(code).refusal };
}
