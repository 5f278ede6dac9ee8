import type { Request } from './request.ts';

/** Something that happens to a request at a time unless a commit takes it back. */
export interface Timer {
  readonly kind: 'expire';
  /** ms. */
  readonly at: number;
}

/** The timers of a request, derived from it alone; null (not made yet) has none. */
export function timersOf(request: Request | null): readonly Timer[] {
  if (request?.state !== 'pending') return [];
  return [{ kind: 'expire', at: request.expiresAt }];
}

/** What a commit changes: timers that are new or have moved, and those that are over. */
export function timerChanges(
  before: readonly Timer[],
  after: readonly Timer[],
): { readonly set: readonly Timer[]; readonly dropped: readonly Timer[] } {
  const same = (one: Timer) => (other: Timer) => one.kind === other.kind && one.at === other.at;
  return {
    set: after.filter((timer) => !before.some(same(timer))),
    dropped: before.filter(({ kind }) => !after.some((timer) => timer.kind === kind)),
  };
}
