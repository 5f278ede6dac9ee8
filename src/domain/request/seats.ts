import type { PlannedStage, Seat } from './request.ts';

/** Every seat of a stage in one list: its own seats, then those of each group in order. */
export function seatsOf(stage: Pick<PlannedStage, 'seats' | 'anyOf'>): readonly Seat[] {
  return [...stage.seats, ...(stage.anyOf ?? []).flat()];
}

/** The groups of seats of which one must be filled, as indexes into `seatsOf(stage)`. */
export function groupsOf(
  stage: Pick<PlannedStage, 'seats' | 'anyOf'>,
): readonly (readonly number[])[] {
  if (stage.anyOf === undefined) return [stage.seats.map((_seat, at) => at)];
  let next = stage.seats.length;
  return stage.anyOf.map((group) => group.map(() => next++));
}

/**
 * How many of the seats distinct people can fill at the same time: a maximum bipartite matching
 * (Kuhn's algorithm), so that somebody who fits two seats never blocks a filling that exists.
 *
 * @param candidates for each person, the seats (by index) that this person may fill.
 */
export function filledSeats(
  seats: readonly number[],
  candidates: readonly (readonly number[])[],
): number {
  const holder = new Map<number, number>();
  const assign = (person: number, tried: Set<number>): boolean => {
    for (const seat of candidates[person] ?? []) {
      if (!seats.includes(seat) || tried.has(seat)) continue;
      tried.add(seat);
      const held = holder.get(seat);
      if (held !== undefined && !assign(held, tried)) continue;
      holder.set(seat, person);
      return true;
    }
    return false;
  };
  return candidates.filter((_seats, person) => assign(person, new Set())).length;
}
