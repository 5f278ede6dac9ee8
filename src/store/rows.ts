import { personReader, readersOf } from '../domain/people/readers.ts';
import type { Decision, Request } from '../domain/request/request.ts';
import { isEnded } from '../domain/request/state.ts';
import type {
  AuditFrontier,
  AuditLeaf,
  PlacedEvent,
  StoredEvent,
} from '../usecases/ports/audit-store.ts';
import { StoreError } from '../usecases/ports/store-error.ts';
import type { Change } from '../usecases/ports/request-store.ts';
import type { SeenPerson } from '../usecases/ports/card-store.ts';
import type { StoredJob } from '../usecases/ports/job-admin-store.ts';
import type { Job } from '../usecases/ports/job-store.ts';

/**
 * The mapping of domain values to rows, shared by both engines. Searched values have a column of
 * their own; the rest is JSON text.
 */

/**
 * The fields that no later version changes: written once, when the request is created, so that a
 * decision writes less. Only an erasure overwrites them. Every version writes all other fields.
 */
const ASKED: ReadonlySet<string> = new Set([
  'id',
  'workflow',
  'workflowVersion',
  'title',
  'requester',
  'beneficiary',
  'requestedWith',
  'fields',
  'reason',
  'plan',
  'digest',
  'salt',
  'createdAt',
] satisfies (keyof Request)[]);

/** Fields with a column or table of their own, merged in when the request is read. */
const ELSEWHERE: ReadonlySet<string> = new Set(['number', 'decisions'] satisfies (keyof Request)[]);

/** The JSON text of the fields that no later version changes. */
export function askedPart(request: Request): string {
  return textOf(request, (name) => ASKED.has(name));
}

/** The JSON text of the fields that a later version may change. */
export function progressPart(request: Request): string {
  return textOf(request, (name) => !ASKED.has(name) && !ELSEWHERE.has(name));
}

function textOf(request: Request, holds: (name: string) => boolean): string {
  return stored(Object.fromEntries(Object.entries(request).filter(([name]) => holds(name))));
}

export interface RequestRow extends Pick<Request, 'number' | 'id' | 'state'> {
  readonly asked: string;
  readonly progress: string;
  /** The JSON texts of the decisions, joined with commas, in any order; null if there are none. */
  readonly decisions: string | null;
}

/** The columns of a request that are written with it. */
export function requestColumns(request: Request) {
  const { id, version, state, workflow, requester } = request;
  const [asked, progress] = [askedPart(request), progressPart(request)];
  return { id, version, state, workflow, requesterKey: requester.key, asked, progress };
}

/** A row of the index of who may read what, without the number. */
export interface ReaderRow {
  readonly reader: string;
  /** 1 until the request has ended. No command opens an ended request again. */
  readonly isOpen: 0 | 1;
}

/** Every row of a request in the index of its readers. */
export function readerRows(request: Request): readonly ReaderRow[] {
  const isOpen = isEnded(request.state) ? 0 : 1;
  return readersOf(request).map((reader) => ({ reader, isOpen }));
}

/** The rows that a change adds to the index: of a new or ended request, or of who decides. */
export function addedReaders({ request, guard, decision }: Change): readonly ReaderRow[] {
  if (request === undefined) return [];
  const { decisions } = request;
  const decided =
    decision === undefined ? request : { ...request, decisions: [...decisions, decision] };
  if (guard === undefined || isEnded(request.state)) return readerRows(decided);
  return decision === undefined ? [] : [{ reader: personReader(decision.approver.key), isOpen: 1 }];
}

/** The columns of a decision. */
export function decisionColumns(decision: Decision) {
  const { id, requestId, stage, nth, at, approver } = decision;
  const body = decisionPart(decision);
  return { id, requestId, stage, nth, at, approverKey: approver.key, body };
}

/** The JSON text of a decision. */
export function decisionPart(decision: Decision): string {
  return stored(decision);
}

/** The shape of stored requests and decisions. A later version also reads the earlier shapes. */
const SHAPE = 1;

function stored(value: object): string {
  return JSON.stringify({ v: SHAPE, ...value });
}

type Stored<Value> = Value & { readonly v: number };

function fromStored<Value>({ v, ...value }: Stored<Value>): Omit<Stored<Value>, 'v'> {
  if (v === SHAPE) return value;
  throw new StoreError(
    'schema_newer',
    `A request is stored in shape ${v}, but this version reads ${SHAPE}: start the version that ` +
      'wrote it, or a newer one.',
  );
}

/**
 * The request of a row, with its decisions in order of time. Id and state are those of the columns,
 * which joins and lists use: their copies in the texts must not tell a verification something else.
 *
 * @throws StoreError `schema_newer` if a part has a shape that this version does not read.
 */
export function requestFrom(row: RequestRow): Request {
  const { number, id, state, asked, progress, decisions } = row;
  const made = (JSON.parse(`[${decisions ?? ''}]`) as Stored<Decision>[]).map(fromStored);
  return {
    ...fromStored(JSON.parse(asked) as Stored<Request>),
    ...fromStored(JSON.parse(progress) as Stored<Request>),
    number,
    id,
    state,
    decisions: made.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)),
  };
}

export interface JobRow extends Omit<Job, 'about'> {
  readonly aboutType: Job['about']['type'];
  readonly aboutId: string;
}

/** The jobs of rows, by priority, then by time. */
export function jobsFrom(rows: readonly JobRow[]): Job[] {
  const jobs = rows.map(({ aboutType, aboutId, ...job }) => ({
    ...job,
    about: { type: aboutType, id: aboutId },
  }));
  return jobs.sort(
    (a, b) => a.priority - b.priority || a.runAt - b.runAt || (a.key < b.key ? -1 : 1),
  );
}

export interface StoredJobRow extends Omit<StoredJob, 'about'> {
  readonly aboutType: StoredJob['about']['type'];
  readonly aboutId: string;
}

/** The job of a row. */
export function storedJobFrom({ aboutType, aboutId, ...job }: StoredJobRow): StoredJob {
  return { ...job, about: { type: aboutType, id: aboutId } };
}

/** A leaf joined with its event. The event columns are null if its row is missing. */
export interface LeafRow extends Omit<AuditLeaf, 'index'>, Omit<StoredEvent, 'id'> {
  readonly idx: number;
  readonly id: string | null;
}

/** The leaf of a row, with its event. */
export function leafFrom({ idx, eventId, hash, id, ...event }: LeafRow): AuditLeaf & {
  readonly event: StoredEvent | undefined;
} {
  return { index: idx, eventId, hash, event: id === null ? undefined : { id, ...event } };
}

/** An event joined with its leaf, its mark and its request, each null if there is none. */
export interface PlacedRow extends Omit<PlacedEvent, 'index' | 'waits' | 'hasRequest'> {
  readonly idx: number | null;
  readonly mark: string | null;
  readonly known: string | null;
}

/** The event of a row, with its place in the log. */
export function placedFrom({ idx, mark, known, ...event }: PlacedRow): PlacedEvent {
  return { ...event, index: idx, waits: mark !== null, hasRequest: known !== null };
}

export interface FrontierRow {
  readonly size: number;
  readonly peaks: string;
}

/** Encodes the roots of the subtrees as one text. */
export function peaksText(peaks: readonly string[]): string {
  return peaks.join('.');
}

/** Decodes the stored frontier. */
export function frontierFrom({ size, peaks }: FrontierRow): AuditFrontier {
  return { size, peaks: peaks === '' ? [] : peaks.split('.') };
}

export interface PersonRow extends Omit<SeenPerson, 'roles' | 'claims'> {
  readonly roles: string;
  readonly claims: string;
}

/** The person of a row, with the JSON columns parsed. */
export function personFrom(row: PersonRow): SeenPerson {
  return {
    ...row,
    roles: JSON.parse(row.roles) as SeenPerson['roles'],
    claims: JSON.parse(row.claims) as SeenPerson['claims'],
  };
}
