/** Checks the token that Bot Framework sends with an activity. */
export interface ChannelTokens {
  /** Returns the `serviceurl` claim and the endorsements of the key. Throws IdentityError. */
  verify(token: string): Promise<{ serviceUrl: string; endorsements: readonly string[] }>;
}
