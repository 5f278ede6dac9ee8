/** Limits of the HTTP server. */
export interface HttpLimits {
  readonly activityBytes: number;
  readonly apiBytes: number;
  /** Request line and headers together. */
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to the last of its body. */
  readonly requestTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly keepAliveMs: number;
  /** An idle connection is closed, also during an answer; must be longer than a long poll. */
  readonly silenceMs: number;
  /** How often slow connections are searched. */
  readonly sweepMs: number;
  readonly connections: number;
  readonly inFlight: number;
  /** Long polls at once; they count towards `inFlight` too. */
  readonly waits: number;
  readonly jsonDepth: number;
  readonly targetChars: number;
  /** How long a stop waits for requests in flight. */
  readonly stopGraceMs: number;
}

/** The limits when none are given. */
export const DEFAULT_LIMITS: HttpLimits = {
  activityBytes: 262_144,
  apiBytes: 65_536,
  headerBytes: 16_384,
  headerCount: 64,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  bodyTimeoutMs: 10_000,
  keepAliveMs: 65_000,
  silenceMs: 90_000,
  sweepMs: 1_000,
  connections: 2_000,
  inFlight: 1_500,
  waits: 1_000,
  jsonDepth: 32,
  targetChars: 8_192,
  stopGraceMs: 10_000,
};
