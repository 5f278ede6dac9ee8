import { outcomeOf } from '../../outcome.ts';
import { eventAbout } from '../../events/catalogue.ts';
import type { Request } from '../request.ts';
import { closed, stepTo } from '../step.ts';
import type { Transition } from '../step.ts';

/** Ends a pending request whose time to decide has run out. */
export function expire(request: Request, now: number): Transition {
  if (request.state !== 'pending' || now < request.expiresAt) return closed(request);
  return stepTo(request, 'expired', now, {
    outcome: outcomeOf('expired', {}, { at: now }),
    events: [eventAbout(request, { type: 'request.expired', by: null, data: {} })],
  });
}
