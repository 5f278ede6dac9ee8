import { outcomeOf } from '../../outcome.ts';
import { eventAbout } from '../../events/catalogue.ts';
import { isAsker } from '../../people/authority.ts';
import type { Principal } from '../../people/principal.ts';
import { isTerminal } from '../state.ts';
import type { Request } from '../request.ts';
import { closed, refused, stepTo } from '../step.ts';
import type { Transition } from '../step.ts';

export interface CancelCommand {
  readonly type: 'cancel';
  readonly by: Principal;
}

/** Cancels a pending request, for the person who asked. */
export function cancel(request: Request, { by }: CancelCommand, now: number): Transition {
  if (!isAsker(request, by)) {
    return refused('not_requester');
  }
  if (isTerminal(request.state)) return closed(request);
  if (request.state !== 'pending') {
    return refused('too_late_to_cancel', { state: request.state });
  }
  if (now >= request.expiresAt) return refused('request_expired');
  return stepTo(request, 'cancelled', now, {
    outcome: outcomeOf('cancelled', { by: by.name }, { at: now }),
    events: [eventAbout(request, { type: 'request.cancelled', by, data: { token: by.token } })],
  });
}
