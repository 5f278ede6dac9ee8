import type { ClaimValue } from '../../domain/people/principal.ts';
import type { Decision, Request } from '../../domain/request/request.ts';
import type { RequestState } from '../../domain/request/state.ts';
import type { AuditStore, Recorded } from './audit-store.ts';
import type { SessionStore } from './session-store.ts';
import type { SignInStore } from './sign-in-store.ts';

export type {
  AuditCheckpoint,
  AuditFrontier,
  AuditLeaf,
  AuditStore,
  Recorded,
  StoredEvent,
} from './audit-store.ts';
export type { SignInAttempt, SignInLink, SignInStore } from './sign-in-store.ts';
export type { SessionOwner, SessionStore, StoredSession, WhichSessions } from './session-store.ts';

export type OnceKeyKind = 'idempotency' | 'token' | 'exchange' | 'dpop';

/** The key of what may happen once: a second commit with the same (kind, key) is a duplicate. */
export interface OnceKey {
  readonly kind: OnceKeyKind;
  readonly key: string;
  /** The request that the first commit made or changed. */
  readonly requestId: string | null;
  /** Hash of what the first asked for, to tell a repeat from another use of the same key. */
  readonly fingerprint: string | null;
  /** When the key may be forgotten (ms). */
  readonly expiresAt: number;
}

export type JobKind = 'card' | 'notify' | 'execute' | 'expire';

/**
 * Durable work to be done after the commit. There is one job per `key`: another insertion raises
 * `wanted`, brings `runAt` forward and revives a dead one. Payloads hold ids, never secrets.
 */
export interface NewJob {
  readonly key: string;
  readonly kind: JobKind;
  readonly requestId: string;
  /** What the job is about within its request, such as a card's id. */
  readonly subject: string;
  readonly runAt: number;
  /** The revision that must be delivered for the job to be done; 0 where it has none. */
  readonly wanted: number;
}

/** A leased job. `fence` belongs to this lease alone; ack and fail must bring it. */
export interface Job extends NewJob {
  readonly fence: number;
  /** How often it was leased, this time included. */
  readonly attempts: number;
}

/** One copy of a request's card: a place in a channel or chat, and the message once posted. */
export interface Card {
  readonly id: string;
  readonly requestId: string;
  /** A configured channel's name, or null for a conversation. */
  readonly channel: string | null;
  readonly conversationId: string | null;
  readonly serviceUrl: string | null;
  readonly activityId: string | null;
  /** The revision that the posted copy shows; 0 before it is posted. */
  readonly postedRevision: number;
}

/** Where a person or a channel is reached: learned from activities that the gate let through. */
export interface Conversation {
  /** `person:<tenant>:<object id>` or `channel:<tenant>:<channel id>`. */
  readonly key: string;
  readonly tenantId: string;
  readonly conversationId: string;
  readonly serviceUrl: string;
  /** The person's Teams user id (MRI) where it is a personal chat. */
  readonly userId: string | null;
  readonly updatedAt: number;
}

/** What a person's last verified token said: chooses whose card refreshes, never decides. */
export interface SeenPerson {
  readonly key: string;
  readonly tenantId: string;
  readonly objectId: string;
  /** Teams user id (MRI). */
  readonly userId: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly claims: Readonly<Record<string, ClaimValue>>;
  readonly seenAt: number;
}

/** One commit: everything in it is written together or not at all. */
export interface Change extends Partial<Recorded> {
  /** Unique; a second commit of the same id answers `duplicate` of kind `change`. */
  readonly id: string;
  readonly at: number;
  /** The request's version that the change was computed from; another one is a conflict. */
  readonly guard?: { readonly requestId: string; readonly version: number };
  /** Checked in this order, so that an idempotent repeat is recognised before a replay. */
  readonly onceKeys?: readonly OnceKey[];
  /** Inserted where there is no guard, else updated; its `decisions` are not written from here. */
  readonly request?: Request;
  readonly decision?: Decision;
  readonly jobs?: readonly NewJob[];
  /** Upserted by id; a second copy of one posted message (conversation, activity) is ignored. */
  readonly cards?: readonly Card[];
  readonly conversations?: readonly Conversation[];
  readonly people?: readonly SeenPerson[];
  /**
   * The job that this change carries out. It is gone where `done` is at least what is wanted, else
   * ready to run again; it stays in hand where `done` is null. A stale fence makes the whole change
   * a conflict.
   */
  readonly ack?: { readonly key: string; readonly fence: number; readonly done: number | null };
}

export type CommitResult =
  | { readonly status: 'committed'; readonly number: number }
  | { readonly status: 'conflict' }
  | {
      readonly status: 'duplicate';
      readonly of: OnceKeyKind | 'change' | 'decision';
      readonly requestId: string | null;
      readonly fingerprint: string | null;
    };

export interface RequestQuery {
  readonly states?: readonly RequestState[];
  readonly workflow?: string;
  /** Key of the requester's principal. */
  readonly requester?: string;
  /** Numbers below this one only (keyset pagination, newest first). */
  readonly before?: number;
  readonly limit: number;
}

export interface RequestWithCards {
  readonly request: Request;
  readonly cards: readonly Card[];
}

/** Requests and everything that is committed with them. */
export interface RequestStore {
  commit(change: Change): Promise<CommitResult>;
  loadRequest(id: string): Promise<Request | undefined>;
  /** The request and the copies of its card (by id), of one moment and in one round trip. */
  loadWithCards(id: string): Promise<RequestWithCards | undefined>;
  findRequest(number: number): Promise<Request | undefined>;
  /** The once-key as the first commit wrote it, until it is purged. */
  findOnceKey(kind: OnceKeyKind, key: string): Promise<OnceKey | undefined>;
  /** Newest first. */
  listRequests(query: RequestQuery): Promise<readonly Request[]>;
}

export interface CardStore {
  loadCard(id: string): Promise<Card | undefined>;
  findConversation(key: string): Promise<Conversation | undefined>;
  /** People last seen with any of these roles, most recent first. */
  findPeople(roles: readonly string[], limit: number): Promise<readonly SeenPerson[]>;
  findPerson(key: string): Promise<SeenPerson | undefined>;
}

export interface JobStore {
  /** Takes up to `limit` due jobs for `leaseMs`; jobs whose lease ran out are due again. */
  leaseJobs(options: { limit: number; leaseMs: number; now: number }): Promise<readonly Job[]>;
  /**
   * Lets the leases of jobs in hand end `leaseMs` from `now`; gives the keys of those that still
   * are under this lease. A lease that has run out is taken up again where nobody else leased the job.
   */
  renewJobs(options: {
    jobs: readonly { readonly key: string; readonly fence: number }[];
    leaseMs: number;
    now: number;
  }): Promise<readonly string[]>;
  /** Whether the job was still under this lease. `done` as in Change.ack. */
  ackJob(job: { key: string; fence: number; done: number; now: number }): Promise<boolean>;
  /** Gives the job back for `runAt`, or parks it as dead where that is null. */
  failJob(job: {
    key: string;
    fence: number;
    runAt: number | null;
    error: string;
    now: number;
  }): Promise<boolean>;
  /**
   * Gives a job back that was not tried: this lease counts as no attempt. It is due again at
   * `runAt`, and keeps the time since when it is due.
   */
  postponeJob(job: { key: string; fence: number; runAt: number }): Promise<boolean>;
  /** When the next job is due (ms), undefined where none waits. */
  nextJobAt(): Promise<number | undefined>;
  /** Counts by state, for readiness and metrics. */
  countJobs(): Promise<{ readonly waiting: number; readonly dead: number }>;
}

/** A key of our own as it is stored: the private part encrypted. */
export interface StoredKey {
  readonly id: string;
  readonly purpose: string;
  /** JWE of the private JWK. */
  readonly encrypted: string;
  readonly createdAt: number;
}

export interface KeyStore {
  listKeys(purpose: string): Promise<readonly StoredKey[]>;
  /** Inserts unless a key of this purpose is already there (then false). */
  addFirstKey(key: StoredKey): Promise<boolean>;
}

/** What a rotation needs of the store. */
export interface KeyRotationStore {
  /** Inserts behind the keys that the purpose has: the newest is the current one. */
  addKey(key: StoredKey): Promise<void>;
}

/** A lease's row as it was before it was taken. */
export interface LeaseBefore {
  /** Whose lease ran out without a release; null: it was released, or there was none. */
  readonly holder: string | null;
  /** When it ended (ms). */
  readonly until: number;
  /** What its holders left there. */
  readonly note: string | null;
}

export interface LeaseStore {
  /**
   * Takes or extends the named lease until now + leaseMs; undefined while another holds it. A note
   * replaces the one that is there.
   */
  takeLease(options: {
    name: string;
    holder: string;
    leaseMs: number;
    now: number;
    note?: string | null;
  }): Promise<{ readonly until: number; readonly before: LeaseBefore } | undefined>;
  /** Ends the holder's lease. With a note the row stays for the next holder, for some hours. */
  releaseLease(options: {
    name: string;
    holder: string;
    now: number;
    note?: string | null;
  }): Promise<void>;
  /** How many leases whose names begin so are held. */
  countLeases(options: { prefix: string; now: number }): Promise<number>;
}

export interface Housekeeping {
  /** The database's own clock (ms). */
  now(): Promise<number>;
  /**
   * Forgets once-keys, change ids, leases, sign-in links and sessions past their time, at most
   * `limit` rows of each.
   */
  purge(now: number, limit: number): Promise<number>;
  /** Throws where the store cannot be read and written. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Everything that an engine offers. */
export interface Store
  extends
    RequestStore,
    CardStore,
    JobStore,
    AuditStore,
    SignInStore,
    SessionStore,
    KeyStore,
    KeyRotationStore,
    LeaseStore,
    Housekeeping {}
