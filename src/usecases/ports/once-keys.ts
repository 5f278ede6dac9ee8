/** Uses up once-keys, for all replicas. */
export interface OnceKeys {
  /** Whether this is the first use of the key (kept until `expiresAt`, ms). */
  take(once: { kind: 'dpop'; key: string; expiresAt: number }): Promise<boolean>;
}
