import type { AuditCheckpoint } from './audit-store.ts';

/** A leaf with the stored text of its event, in which personal values are encrypted. */
export interface AuditEntry {
  readonly index: number;
  readonly eventId: string;
  /** RFC 6962's leaf hash, base64url. */
  readonly hash: string;
  readonly body: string;
}

/** The sealed log, as an outside verifier reads it. Hashes are base64url. */
export interface AuditReader {
  /** The last checkpoint; undefined before the first. */
  checkpoint(): Promise<AuditCheckpoint | undefined>;
  entries(options: { from: number; limit: number }): Promise<readonly AuditEntry[]>;
  /** RFC 9162 section 2.1.3; undefined unless index < size, and size <= that of the log. */
  inclusion(options: {
    index: number;
    size: number;
  }): Promise<{ readonly leaf: string; readonly proof: readonly string[] } | undefined>;
  /** RFC 9162 section 2.1.4; undefined unless 0 < from <= to, and to <= the size of the log. */
  consistency(options: { from: number; to: number }): Promise<readonly string[] | undefined>;
}
