/** A sign-in link. Secrets are stored as SHA-256 only. */
export interface SignInLink {
  /** SHA-256 of the link's secret. */
  readonly id: string;
  readonly tenantId: string;
  readonly objectId: string;
  readonly requestId: string;
  readonly revision: number;
  readonly expiresAt: number;
  /** The step-up demand as JSON (StepUp); null: none. */
  readonly demand: string | null;
}

/** What the callback must match. `browser` is the SHA-256 of the cookie's value. */
export interface SignInAttempt {
  /** SHA-256 of `state`. */
  readonly state: string;
  readonly browser: string;
  readonly nonce: string;
  /** The PKCE verifier, encrypted by keys/. */
  readonly verifier: string;
}

export interface SignInStore {
  /** Adds a link, and deletes the oldest ones of a person with more than 20. */
  addLink(link: SignInLink): Promise<void>;
  /** Marks the link as opened in a browser; undefined if unknown, used or expired. */
  openLink(id: string, attempt: SignInAttempt, now: number): Promise<SignInLink | undefined>;
  /** Takes the attempt of a `state` once; undefined if unknown, taken or expired. */
  takeAttempt(state: string, now: number): Promise<(SignInLink & SignInAttempt) | undefined>;
  /** Parks a verified identity (JSON, encrypted by keys/) under the SHA-256 of a one-time code. */
  park(linkId: string, parked: { code: string; identity: string }, now: number): Promise<void>;
  /** Takes the parked identity of this person once; undefined if there is none. */
  redeem(
    key: { code: string; tenantId: string; objectId: string },
    now: number,
  ): Promise<(SignInLink & { readonly identity: string }) | undefined>;
}
