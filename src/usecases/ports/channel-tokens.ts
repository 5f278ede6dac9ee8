/** Checks the token that Bot Framework sends with an activity. */
export interface ChannelTokens {
  /** The token's `serviceurl` claim and the endorsements of its key. Throws IdentityError. */
  verify(token: string): Promise<{ serviceUrl: string; endorsements: readonly string[] }>;
}
