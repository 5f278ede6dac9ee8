/** A person's key as it is stored. */
export interface StoredPersonKey {
  /** Key of the principal. */
  readonly person: string;
  /** Random; what the audit log calls the person. */
  readonly pseudonym: string;
  /** JWE of the key under a key of ours. */
  readonly encrypted: string;
}

/** The key that a commit encrypted with: its row must be there, or is made where it is new. */
export interface UsedPersonKey extends StoredPersonKey {
  readonly isNew: boolean;
}

export interface PersonKeyStore {
  findPersonKeys(persons: readonly string[]): Promise<readonly StoredPersonKey[]>;
  /** The same by pseudonym; those of erased people are not there. */
  findPseudonyms(pseudonyms: readonly string[]): Promise<readonly StoredPersonKey[]>;
}

/** A key for the values of one person. */
export interface PersonKey extends UsedPersonKey {
  encrypt(text: string): Promise<string>;
  /** Throws where the text was not encrypted with this key. */
  decrypt(encrypted: string): Promise<string>;
}

export interface PersonKeys {
  /** The keys of these people; new ones where there are none, which a commit has to store. */
  take(persons: readonly string[]): Promise<readonly PersonKey[]>;
  /** The keys of people by pseudonym, as far as there are any. */
  find(pseudonyms: readonly string[]): Promise<readonly PersonKey[]>;
  /** These are read from the store the next time: their people may be erased. */
  forget(persons: readonly string[]): void;
}
