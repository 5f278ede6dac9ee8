import type { Request } from '../domain/request/request.ts';
import type { RequestState } from '../domain/request/state.ts';
import type { Text } from '../text/text.ts';
import type { RequestView } from '../domain/views/request-view.ts';

/** The appearance of a state: band style, text colour and sign. */
interface Look {
  readonly style: 'warning' | 'good' | 'attention' | 'accent' | 'emphasis';
  readonly color: 'Warning' | 'Good' | 'Attention' | 'Accent' | 'Default';
  readonly sign?: string;
}

const GOOD = { style: 'good', color: 'Good' } as const;
const BAD = { style: 'attention', color: 'Attention' } as const;
const BUSY = { style: 'accent', color: 'Accent' } as const;
const OPEN = { style: 'warning', color: 'Warning' } as const;
const QUIET = { style: 'emphasis', color: 'Default' } as const;

const LOOKS: Readonly<Record<RequestState, Look>> = {
  pending: OPEN,
  approved: { ...GOOD, sign: '✓  ' },
  applying: BUSY,
  applied: { ...GOOD, sign: '✓  ' },
  failed: { ...BAD, sign: '✕  ' },
  unknown: OPEN,
  denied: { ...BAD, sign: '✕  ' },
  expired: QUIET,
  cancelled: QUIET,
  revoking: BUSY,
  revoked: QUIET,
};

/** The appearance of a request. Where its time is up, it says so before the expiry is recorded. */
export function lookOf(
  text: Text,
  { state }: Request,
  { open, stages }: RequestView,
): Pick<Look, 'style' | 'color'> & { readonly label: string } {
  const { sign = '', ...look } = LOOKS[state];
  const { label } = text.states[state];
  if (state !== 'pending') return { ...look, label: `${sign}${label}` };
  if (!open) return { ...QUIET, label: text.cards.timeIsUp };
  if (stages.length < 2) return { ...look, label };
  const stage = stages.findIndex(({ status }) => status === 'open') + 1;
  return { ...look, label: text.cards.stageOf({ label, stage, stages: stages.length }) };
}
