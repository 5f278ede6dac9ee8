/** Signs statements of the audit log under the key of its own purpose. */
export interface CheckpointSigner {
  /** A compact JWS over `payload`, its header's `typ` as given. */
  sign(
    purpose: 'checkpoints',
    payload: Readonly<Record<string, unknown>>,
    typ: string,
  ): Promise<string>;
}
