import type { Card } from '../../domain/request/cards.ts';
import type { Decision, Request } from '../../domain/request/request.ts';
import type { RequestState } from '../../domain/request/state.ts';
import type { Recorded } from './audit-store.ts';
import type { Conversation, SeenPerson } from './card-store.ts';
import type { Lease, NewJob } from './job-store.ts';

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
  /** Keys of jobs that are no longer wanted: gone, in hand or not. */
  readonly dropJobs?: readonly string[];
  /** Upserted by id; a second copy of one posted message (conversation, activity) is ignored. */
  readonly cards?: readonly Card[];
  readonly conversations?: readonly Conversation[];
  readonly people?: readonly SeenPerson[];
  /**
   * The job that this change carries out: done, or it stays in hand. A stale fence makes the whole
   * change a conflict.
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
