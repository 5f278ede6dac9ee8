import type { AuditEvent } from '../../domain/events/catalogue.ts';
import type { UsedPersonKey } from './person-keys.ts';

/**
 * An event as the log keeps it. `body` is the JSON text whose UTF-8 bytes are hashed and read; the
 * other members are copies for indexes.
 */
export interface StoredEvent extends Pick<AuditEvent, 'id' | 'at' | 'type' | 'requestId'> {
  readonly body: string;
}

/** What a commit adds to the log. */
export interface Recorded {
  readonly events: readonly StoredEvent[];
  /**
   * The keys that the events are encrypted with. A row that is gone, or that another commit made
   * first, makes the whole write fail with `person_key_changed`.
   */
  readonly personKeys: readonly UsedPersonKey[];
}

/** One leaf of the audit log. `hash` is RFC 6962's leaf hash, base64url. */
export interface AuditLeaf {
  readonly index: number;
  readonly eventId: string;
  readonly hash: string;
}

/** A signed statement of the log's size and root at a time. */
export interface AuditCheckpoint {
  readonly size: number;
  readonly root: string;
  readonly at: number;
  /** Compact JWS over the fields above. */
  readonly jws: string;
}

/** The right edge of the log's tree: roots of its complete subtrees, largest first, base64url. */
export interface AuditFrontier {
  readonly size: number;
  readonly peaks: readonly string[];
}

/** An event with its place in the log. */
export interface PlacedEvent extends Omit<StoredEvent, 'body'> {
  /** The index of its leaf; null without one. */
  readonly index: number | null;
  /** Whether it is marked as waiting for a leaf. */
  readonly waits: boolean;
  /** The body of an event that waits; null for any other. */
  readonly waiting: string | null;
  /** Whether the store has the request that it is about; false without one. */
  readonly hasRequest: boolean;
}

export interface AuditStore {
  /** Events that have no leaf yet, in the order of their ids. */
  unsealedEvents(limit: number): Promise<readonly StoredEvent[]>;
  /**
   * Inserts leaves and the checkpoint, unless the size is not `expectedSize` any more. `peaks` are
   * those of the tree that the checkpoint speaks of.
   */
  seal(options: {
    expectedSize: number;
    leaves: readonly AuditLeaf[];
    checkpoint: AuditCheckpoint;
    peaks: readonly string[];
  }): Promise<boolean>;
  /** Events with their places, by id, after an id ('' for the first page). */
  listEvents(options: { after: string; limit: number }): Promise<readonly PlacedEvent[]>;
  /** The events of types `request.…` of several requests. */
  eventsOfRequests(requestIds: readonly string[]): Promise<readonly StoredEvent[]>;
  /** What happened to a request, in the order of the ids. */
  eventsOf(requestId: string): Promise<readonly StoredEvent[]>;
  /** What the last seal left; undefined before the first. */
  frontier(): Promise<AuditFrontier | undefined>;
  /** Leaves from an index on, each with its event (undefined where that row is missing). */
  readLeaves(options: {
    from: number;
    limit: number;
  }): Promise<readonly (AuditLeaf & { readonly event: StoredEvent | undefined })[]>;
  treeSize(): Promise<number>;
  lastCheckpoint(): Promise<AuditCheckpoint | undefined>;
  listCheckpoints(options: { from: number; limit: number }): Promise<readonly AuditCheckpoint[]>;
}
