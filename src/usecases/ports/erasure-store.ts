import type { Request } from '../../domain/request/request.ts';
import type { RequestState } from '../../domain/request/state.ts';
import type { Recorded } from './audit-store.ts';

/** What rows call a person; null where a row does not tell. */
export interface KnownAs {
  readonly tenantId: string | null;
  readonly objectId: string | null;
  /** Teams user id. */
  readonly userId: string | null;
  /** Key of a principal. */
  readonly principal: string | null;
}

/** Everything of one person that is overwritten or deleted, in one commit. */
export interface Erasure extends Recorded {
  /** All that the person is called in rows. */
  readonly names: readonly string[];
  /** The keys that are destroyed: all of the person. */
  readonly pseudonyms: readonly string[];
  /** Requests without the person, each with the version that it was made from. */
  readonly requests: readonly {
    readonly request: Request;
    readonly seen: number;
    /** Whether the person asked for it. */
    readonly asked: boolean;
  }[];
  /** Whether rows that connect names of the person go too: nothing is found by them afterwards. */
  readonly last: boolean;
  /** States in which no request may name the person afterwards. */
  readonly without: readonly RequestState[];
}

export interface ErasureStore {
  /**
   * What people, sessions, conversations and keys of people call somebody of these names. `objectIds`
   * are those names that are unique in every directory: keys that end so are the person's.
   */
  findKnownAs(query: {
    names: readonly string[];
    objectIds: readonly string[];
  }): Promise<readonly KnownAs[]>;
  /** Requests of these states with one of the names as a value. Reads every one of them. */
  findNaming(query: {
    names: readonly string[];
    states: readonly RequestState[];
    limit: number;
  }): Promise<readonly Request[]>;
  /**
   * Destroys the keys first, so that a commit that still uses one of them is refused; then overwrites
   * and deletes. `conflict`, and nothing is changed, where a key was made, a request still names the
   * person or has another version by now. The embedded store leaves nothing of it in its
   * files; `erasure_unfinished` where another process keeps it from that: then call it again.
   */
  erase(erasure: Erasure): Promise<{ readonly status: 'committed' | 'conflict' }>;
}
