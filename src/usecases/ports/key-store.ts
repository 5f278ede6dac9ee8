/** A stored key of the service, with an encrypted private part. */
export interface StoredKey {
  readonly id: string;
  readonly purpose: string;
  /** JWE of the private JWK. */
  readonly encrypted: string;
  readonly createdAt: number;
}

export interface KeyStore {
  listKeys(purpose: string): Promise<readonly StoredKey[]>;
  /** Inserts the first key of a purpose; returns false if there is one already. */
  addFirstKey(key: StoredKey): Promise<boolean>;
}

/** The store of a key rotation. */
export interface KeyRotationStore {
  /** Inserts a key after those of its purpose; the newest is the current one. */
  addKey(key: StoredKey): Promise<void>;
}
