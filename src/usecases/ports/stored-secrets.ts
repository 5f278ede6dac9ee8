/** Encrypts what is stored for a while: secrets of ours in other hands' reach. */
export interface StoredSecrets {
  encrypt(text: string): Promise<string>;
  /** Throws where the text was not encrypted by us, or was changed since. */
  decrypt(encrypted: string): Promise<string>;
}
