import { systemClock } from '../../../src/lib/clock.ts';
import { encodeHash } from '../../../src/audit/merkle.ts';
import { eventLeaf } from '../../../src/audit/read-event.ts';
import type { Reader } from '../../../src/store/reader.ts';
import type { Change, RequestQuery } from '../../../src/usecases/ports/request-store.ts';
import { deciding, request, submission } from '../../store/build.ts';
import { idOf, personKey, workflowOf } from './rows.ts';
import { newId } from './side.ts';
import type { Side } from './side.ts';

/** A measured operation; `prepare` is not measured and returns the input of `run`. */
export interface Operation<Given = unknown> {
  readonly name: string;
  /** The number of runs on each side. */
  readonly rounds: number;
  /** Why it is reported without counting for the goal. */
  readonly outside?: string;
  prepare(side: Side): Promise<Given>;
  run(side: Side, given: Given): Promise<unknown>;
  /** The same query on a connection with an empty cache; for reads alone. */
  read?(reader: Reader, given: Given): Promise<unknown>;
}

const PAGE = 20;
const LEASED = 8;
const SEALED = 20;
const PURGED = 20;
const LEASE_MS = 600_000;
const TRIES = 10_000;
const LATEST = 100;

function operation<Given>(given: Operation<Given>): Operation {
  return given as Operation;
}

function reading<Given>(
  name: string,
  prepare: (side: Side) => Given,
  read: (reader: Reader, given: Given) => Promise<unknown>,
): Operation {
  return operation({
    name,
    rounds: 300,
    prepare: async (side) => prepare(side),
    run: (side, given) => read(side.store, given),
    read,
  });
}

/** A list: its first page, and one from the middle of the history. */
function listing(name: string, filter: (side: Side) => Omit<RequestQuery, 'limit'>): Operation[] {
  const page =
    (before?: (side: Side) => number) =>
    (side: Side): RequestQuery => ({
      ...filter(side),
      limit: PAGE,
      ...(before ? { before: before(side) } : {}),
    });
  const look = async (reader: Reader, query: RequestQuery) => {
    const rows = await reader.listRequests(query);
    if (rows.length !== PAGE) throw new Error(`${name} gave ${rows.length} of ${PAGE} rows`);
  };
  return [
    reading(`list ${name}, first page`, page(), look),
    reading(
      `list ${name}, deep page`,
      page(({ size }) => Math.floor(size.requests * 0.6)),
      look,
    ),
  ];
}

const someId = (side: Side) => idOf('req', side.nextNumber());
/** One of the latest hundred requests, which people and pipelines read most. */
const recentId = (side: Side) => idOf('req', side.size.requests - (side.nextNumber() % LATEST));
const someRequester = (side: Side) => personKey(side.nextNumber() % 8);
const someWorkflow = (side: Side) => workflowOf(side.nextNumber() % 8);

/** A decision on a pending request, exactly as a click commits it. */
async function nextDecision(side: Side): Promise<string> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    // Pending requests are recent; older ones have expired.
    const id = idOf('req', side.size.requests - (side.nextNumber() % 1_000));
    const found = await side.store.loadRequest(id);
    if (found?.state === 'pending') return id;
  }
  throw new Error('nothing is pending any more');
}

async function decide(side: Side, id: string): Promise<void> {
  const before = await side.store.loadRequest(id);
  if (!before) throw new Error(`${id} is not there`);
  await committed(side, deciding(before, { at: systemClock.now() }));
}

async function committed(side: Side, change: Change): Promise<void> {
  const { status } = await side.store.commit(change);
  if (status !== 'committed') throw new Error(`a commit was answered with ${status}`);
}

async function lease(side: Side): Promise<void> {
  const now = systemClock.now();
  const jobs = await side.store.leaseJobs({ limit: LEASED, leaseMs: LEASE_MS, now });
  if (jobs.length !== LEASED) throw new Error(`${jobs.length} jobs were leased`);
}

/** A seal of the unsealed events, by a sealer that is up to date. */
async function seal(side: Side): Promise<void> {
  const events = await side.store.unsealedEvents(SEALED);
  if (events.length !== SEALED) throw new Error(`${events.length} events waited`);
  const expectedSize = await side.store.treeSize();
  const leaves = events.map((event, offset) => ({
    index: expectedSize + offset,
    eventId: event.id,
    hash: encodeHash(eventLeaf(event)),
  }));
  const size = expectedSize + events.length;
  const checkpoint = { size, root: newId('root'), at: systemClock.now(), jws: newId('jws') };
  // The number of peaks of a tree of this size; their bytes do not matter here.
  const peaks = [...size.toString(2)].filter((digit) => digit === '1').map(() => newId('peak'));
  const sealed = await side.store.seal({ expectedSize, leaves, checkpoint, peaks });
  if (!sealed) throw new Error('not sealed');
}

const nothing = async () => undefined;

/**
 * The order matters: decisions create the jobs to lease and the events to seal. A store of a
 * thousand has 120 pending requests, some of which must remain pending for the lists.
 */
export const OPERATIONS: readonly Operation[] = [
  operation({ name: 'decision', rounds: 65, prepare: nextDecision, run: decide }),
  operation({
    name: 'submission',
    rounds: 100,
    prepare: async () => {
      const asked = request({ workflow: workflowOf(1) });
      return submission(asked, { at: systemClock.now() });
    },
    run: committed,
  }),
  reading('request by id (load, wait)', recentId, (reader, id) => reader.loadRequest(id)),
  reading(
    'request by number',
    (side) => side.size.requests - (side.nextNumber() % LATEST),
    (reader, number) => reader.findRequest(number),
  ),
  {
    ...reading('request by id, anywhere', someId, (reader, id) => reader.loadRequest(id)),
    outside: 'any of a million is in no cache of 16 MB, and each of a thousand is',
  },
  ...listing('all', () => ({})),
  ...listing('by state', () => ({ states: ['pending'] })),
  ...listing('by workflow', (side) => ({ workflow: someWorkflow(side) })),
  ...listing('by workflow and state', () => ({ workflow: workflowOf(3), states: ['applied'] })),
  ...listing('by requester', (side) => ({ requester: someRequester(side) })),
  operation({ name: 'lease of jobs', rounds: 20, prepare: nothing, run: lease }),
  operation({
    name: 'lease, nothing due',
    rounds: 300,
    prepare: nothing,
    run: ({ store }) => store.leaseJobs({ limit: LEASED, leaseMs: LEASE_MS, now: 1 }),
  }),
  reading(
    'next job',
    () => undefined,
    (reader) => reader.nextJobAt(),
  ),
  operation({ name: 'sealing step', rounds: 8, prepare: nothing, run: seal }),
  reading('cards of a request', recentId, (reader, id) => reader.loadWithCards(id)),
  reading(
    'approvers',
    () => ['approver'],
    (reader, roles) => reader.findPeople(roles, 60),
  ),
  reading(
    'once-key',
    (side) => idOf('key', side.nextNumber() % 4_000),
    (reader, key) => reader.findOnceKey('token', key),
  ),
  reading(
    'leaves',
    (side) => side.size.requests,
    (reader, from) => reader.readLeaves({ from, limit: 100 }),
  ),
  reading(
    'last checkpoint',
    () => undefined,
    (reader) => reader.lastCheckpoint(),
  ),
  operation({
    name: 'purge',
    rounds: 40,
    // In a year every row has expired.
    prepare: async ({ size }) => size.now + 365 * 86_400_000,
    run: ({ store }, now) => store.purge(now, PURGED),
  }),
];
