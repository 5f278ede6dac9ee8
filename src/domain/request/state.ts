export const REQUEST_STATES = [
  'pending',
  'approved',
  'applying',
  'applied',
  'failed',
  'unknown',
  'denied',
  'expired',
  'cancelled',
  'revoking',
  'revoked',
] as const;

export type RequestState = (typeof REQUEST_STATES)[number];

/** States from which nothing more happens by itself or by anybody. */
const TERMINAL_STATES: readonly RequestState[] = [
  'applied',
  'failed',
  'unknown',
  'denied',
  'expired',
  'cancelled',
  'revoked',
];

/** Whether a request has ended. `unknown` has not: a person must check the target. */
export function isEnded(state: RequestState): boolean {
  return state !== 'unknown' && isTerminal(state);
}

/** Whether nothing more can happen to a request in this state. */
export function isTerminal(state: RequestState): boolean {
  return TERMINAL_STATES.includes(state);
}
