import type { Request, RequestState } from '../domain/request/request.ts';
import { stageStatus } from '../domain/request/stages.ts';

/** How a state looks: the style of the band, the colour of its words, and what it is called. */
export interface Look {
  readonly style: 'warning' | 'good' | 'attention' | 'accent' | 'emphasis';
  readonly color: 'Warning' | 'Good' | 'Attention' | 'Accent' | 'Default';
  readonly label: string;
  /** The state in the middle of a sentence. */
  readonly word: string;
}

const GOOD = { style: 'good', color: 'Good' } as const;
const BAD = { style: 'attention', color: 'Attention' } as const;
const BUSY = { style: 'accent', color: 'Accent' } as const;
const OPEN = { style: 'warning', color: 'Warning' } as const;
const QUIET = { style: 'emphasis', color: 'Default' } as const;

const LOOKS: Readonly<Record<RequestState, Look>> = {
  pending: { ...OPEN, label: 'Waiting for approval', word: 'waiting for approval' },
  approved: { ...GOOD, label: '✓  Approved', word: 'approved' },
  applying: { ...BUSY, label: 'Approved · being applied', word: 'being applied' },
  applied: { ...GOOD, label: '✓  Applied', word: 'applied' },
  failed: { ...BAD, label: '✕  Failed to apply', word: 'failed to apply' },
  unknown: { ...OPEN, label: 'Sent · outcome not known', word: 'sent, outcome not known' },
  denied: { ...BAD, label: '✕  Denied', word: 'denied' },
  expired: { ...QUIET, label: 'Expired', word: 'expired' },
  cancelled: { ...QUIET, label: 'Cancelled', word: 'cancelled' },
  revoking: { ...BUSY, label: 'Being revoked', word: 'being revoked' },
  revoked: { ...QUIET, label: 'Revoked', word: 'revoked' },
};

/** How a request looks now; `late` where its time is up but that is not yet recorded. */
export function lookOf(request: Request, late: boolean): Look {
  const look = LOOKS[request.state];
  if (request.state !== 'pending') return look;
  if (late) return { ...QUIET, label: 'Time is up', word: 'out of time' };
  const { stages } = request.plan;
  if (stages.length < 2) return look;
  const at = stages.findIndex((stage) => stageStatus(request, stage) === 'open') + 1;
  return { ...look, label: `${look.label} · stage ${at} of ${stages.length}` };
}
