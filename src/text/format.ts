import { formatDuration } from '../lib/duration.ts';

/** Formats of lists, numbers and durations in a language. */
export interface Formats {
  /** `a, b or c` */
  or(items: readonly string[]): string;
  /** `a, b and c` */
  and(items: readonly string[]): string;
  /** `a, b, c` */
  list(items: readonly string[]): string;
  number(value: number): string;
  /** A duration in ms, to the second: `1 h 30 min`. */
  duration(ms: number): string;
  /** A duration without rounding, for what an approver agrees to. */
  exactDuration(ms: number): string;
}

/** The formats of a locale (BCP 47). */
export function formatsFor(locale: string): Formats {
  const or = new Intl.ListFormat(locale, { type: 'disjunction' });
  const and = new Intl.ListFormat(locale, { type: 'conjunction' });
  const list = new Intl.ListFormat(locale, { type: 'unit' });
  const number = new Intl.NumberFormat(locale, { maximumSignificantDigits: 21 });
  return {
    or: (items) => or.format(items),
    and: (items) => and.format(items),
    list: (items) => list.format(items),
    number: (value) => number.format(value),
    // The symbols d, h, min, s and ms are international.
    duration: formatDuration,
    exactDuration: (ms) =>
      ms % 1_000 === 0 ? formatDuration(ms) : `${formatDuration(ms)} (${ms} ms)`,
  };
}
