import type { Card } from '../../domain/request/cards.ts';
import type { Decision, Request } from '../../domain/request/request.ts';
import type { RequestState } from '../../domain/request/state.ts';
import type { Recorded } from './audit-store.ts';
import type { Conversation, SeenPerson } from './card-store.ts';
import type { Lease, NewJob } from './job-store.ts';

export type OnceKeyKind = 'idempotency' | 'token' | 'exchange' | 'dpop';

/** The key of what may happen once: a second commit with equal (kind, key) is a duplicate. */
export interface OnceKey {
  readonly kind: OnceKeyKind;
  readonly key: string;
  /** The request that the first commit created or changed. */
  readonly requestId: string | null;
  /** Hash of the first content, to tell a repeat from another use of the key. */
  readonly fingerprint: string | null;
  /** The expiry of the key (ms). */
  readonly expiresAt: number;
}

/** One commit: writes everything in it, or nothing. */
export interface Change extends Partial<Recorded> {
  /** Unique; a second commit of the same id answers `duplicate` of kind `change`. */
  readonly id: string;
  readonly at: number;
  /** The version of the request that the change is based on; another one is a conflict. */
  readonly guard?: { readonly requestId: string; readonly version: number };
  /** Checked in this order, so that an idempotent repeat is recognised before a replay. */
  readonly onceKeys?: readonly OnceKey[];
  /** Inserted without a guard, else updated; its `decisions` are not written. */
  readonly request?: Request;
  readonly decision?: Decision;
  readonly jobs?: readonly NewJob[];
  /** Keys of jobs to delete, held or not. */
  readonly dropJobs?: readonly string[];
  /** Upserted by id; a second copy of one posted message (conversation, activity) is ignored. */
  readonly cards?: readonly Card[];
  readonly conversations?: readonly Conversation[];
  readonly people?: readonly SeenPerson[];
  /**
   * The job that this change ends, or keeps held. A stale fence makes the whole change a conflict.
   */
  readonly ack?: Lease & { readonly done: boolean };
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
  /** Groups of `readersWith`: only requests that one of them may read. */
  readonly readers?: readonly string[];
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
  /** The request and the copies of its card (by id), consistent and in one round trip. */
  loadWithCards(id: string): Promise<RequestWithCards | undefined>;
  findRequest(number: number): Promise<Request | undefined>;
  /** The once-key of the first commit, until it is purged. */
  findOnceKey(kind: OnceKeyKind, key: string): Promise<OnceKey | undefined>;
  /** Newest first. */
  listRequests(query: RequestQuery): Promise<readonly Request[]>;
}
