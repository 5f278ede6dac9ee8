/** The name that was probably meant: the one with the fewest edits, if it is near enough. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestEdits = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of names) {
    const edits = editDistance(given.toLowerCase(), name.toLowerCase(), bestEdits);
    if (edits < bestEdits) {
      best = name;
      bestEdits = edits;
    }
  }
  return best;
}

/** `one of a, b, c`, with the name that was probably meant. */
export function oneOf(names: readonly string[], given?: unknown): string {
  if (names.length === 0) return 'nothing here (none is configured)';
  const meant = typeof given === 'string' ? nearest(given, names) : undefined;
  const list = names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`;
  return meant === undefined ? list : `${list} (did you mean "${meant}"?)`;
}

/**
 * The edit distance, with a swap of two letters as one edit (Damerau); `limit` for texts longer
 * than 64 characters and for larger distances.
 */
function editDistance(left: string, right: string, limit: number): number {
  if (left.length > 64 || right.length > 64) return limit;
  if (Math.abs(left.length - right.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1] ? 0 : 1;
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          (previous[column] ?? limit) + 1,
          (current[column - 1] ?? limit) + 1,
          (previous[column - 1] ?? limit) + same,
          swapped ? (before[column - 2] ?? limit) + 1 : limit,
        ),
      );
    }
    before = previous;
    previous = current;
  }
  return previous[right.length] ?? limit;
}
