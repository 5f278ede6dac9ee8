import type { RequestState } from '../../domain/request/state.ts';

/** The names of states: at the top of a card, and in a sentence. */
export const states: Readonly<Record<RequestState, { label: string; word: string }>> = {
  pending: { label: 'Waiting for approval', word: 'waiting for approval' },
  approved: { label: 'Approved', word: 'approved' },
  applying: { label: 'Approved · being applied', word: 'being applied' },
  applied: { label: 'Applied', word: 'applied' },
  failed: { label: 'Failed to apply', word: 'failed to apply' },
  unknown: { label: 'Sent · outcome not known', word: 'sent, outcome not known' },
  denied: { label: 'Denied', word: 'denied' },
  expired: { label: 'Expired', word: 'expired' },
  cancelled: { label: 'Cancelled', word: 'cancelled' },
  revoking: { label: 'Being revoked', word: 'being revoked' },
  revoked: { label: 'Revoked', word: 'revoked' },
};
