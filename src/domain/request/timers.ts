import type { Request } from './request.ts';

/** Something that happens to a request at a time unless a commit takes it back. */
export interface Timer {
  readonly kind: 'expire';
  /** ms. */
  readonly at: number;
}

/**
 * The timers of a request; null (not made yet) has none. Derived from the request alone: the
 * difference between those before and after a commit is what is set and what is taken back.
 */
export function timersOf(request: Request | null): readonly Timer[] {
  if (request?.state !== 'pending') return [];
  return [{ kind: 'expire', at: request.expiresAt }];
}
