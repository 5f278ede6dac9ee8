/** Encrypts secrets that are stored for a limited time. */
export interface StoredSecrets {
  encrypt(text: string): Promise<string>;
  /** Throws if the text was not encrypted by us or has been changed. */
  decrypt(encrypted: string): Promise<string>;
}
