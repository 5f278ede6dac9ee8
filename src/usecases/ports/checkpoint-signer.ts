/** Signs checkpoints of the audit log with the key of that purpose. */
export interface CheckpointSigner {
  /** Returns a compact JWS over `payload` with this `typ` in its header. */
  sign(
    purpose: 'checkpoints',
    payload: Readonly<Record<string, unknown>>,
    typ: string,
  ): Promise<string>;
}
