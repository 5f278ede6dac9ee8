/** A sign-in link and what came of it. Secrets are stored as SHA-256 only. */
export interface SignInLink {
  /** SHA-256 of the link's secret. */
  readonly id: string;
  readonly tenantId: string;
  readonly objectId: string;
  readonly requestId: string;
  readonly revision: number;
  readonly expiresAt: number;
  /** JSON of what the sign-in must come up to beyond the usual (StepUp); null: nothing. */
  readonly demand: string | null;
}

/** What the provider's redirect must match. `browser` is the SHA-256 of the cookie's value. */
export interface SignInAttempt {
  /** SHA-256 of `state`. */
  readonly state: string;
  readonly browser: string;
  readonly nonce: string;
  /** The PKCE verifier, encrypted by keys/. */
  readonly verifier: string;
}

export interface SignInStore {
  /** Adds a link; a person has 20 at most, this one among them: the oldest go. */
  addLink(link: SignInLink): Promise<void>;
  /** Marks the link opened in one browser; undefined where unknown, used or expired. */
  openLink(id: string, attempt: SignInAttempt, now: number): Promise<SignInLink | undefined>;
  /** Takes the attempt of a `state`, once; undefined where unknown, taken or expired. */
  takeAttempt(state: string, now: number): Promise<(SignInLink & SignInAttempt) | undefined>;
  /** Parks a verified identity (JSON, encrypted by keys/) under the SHA-256 of a one-time code. */
  park(linkId: string, parked: { code: string; identity: string }, now: number): Promise<void>;
  /** Takes what is parked for this person, once; undefined where there is nothing (any more). */
  redeem(
    key: { code: string; tenantId: string; objectId: string },
    now: number,
  ): Promise<(SignInLink & { readonly identity: string }) | undefined>;
}
