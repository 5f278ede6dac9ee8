/** A key of our own as it is stored: the private part encrypted. */
export interface StoredKey {
  readonly id: string;
  readonly purpose: string;
  /** JWE of the private JWK. */
  readonly encrypted: string;
  readonly createdAt: number;
}

export interface KeyStore {
  listKeys(purpose: string): Promise<readonly StoredKey[]>;
  /** Inserts unless a key of this purpose is already there (then false). */
  addFirstKey(key: StoredKey): Promise<boolean>;
}

/** What a rotation needs of the store. */
export interface KeyRotationStore {
  /** Inserts behind the keys that the purpose has: the newest is the current one. */
  addKey(key: StoredKey): Promise<void>;
}
