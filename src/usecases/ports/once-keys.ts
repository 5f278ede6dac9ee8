/** Marks once-keys as used, for all replicas. */
export interface OnceKeys {
  /** Returns whether this is the first use of the key, which is stored until `expiresAt` (ms). */
  take(once: { kind: 'dpop'; key: string; expiresAt: number }): Promise<boolean>;
}
