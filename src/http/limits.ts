/** Limits of the HTTP server when none are given. */
export const DEFAULT_LIMITS = {
  activityBytes: 262_144,
  apiBytes: 65_536,
  /** Request line and headers together. */
  headerBytes: 16_384,
  headerCount: 64,
  headersTimeoutMs: 10_000,
  /** From the first byte of a request to the last of its body. */
  requestTimeoutMs: 20_000,
  bodyTimeoutMs: 10_000,
  keepAliveMs: 65_000,
  /** An idle connection is closed, also during an answer; must be longer than a long poll. */
  silenceMs: 90_000,
  /** How often slow connections are searched. */
  sweepMs: 1_000,
  connections: 2_000,
  inFlight: 1_500,
  /** A minute, from one address, where proxies are trusted to name it. */
  addressRequests: 600,
  /** Long polls at once; they count towards `inFlight` too. */
  waits: 1_000,
  jsonDepth: 32,
  targetChars: 8_192,
  /** How long a stop waits for requests in flight. */
  stopGraceMs: 10_000,
};

export type HttpLimits = Readonly<typeof DEFAULT_LIMITS>;
