import { formatDuration } from '../lib/duration.ts';

/** The formats of lists, numbers and durations in a locale (BCP 47). */
export function formatsFor(locale: string) {
  const or = new Intl.ListFormat(locale, { type: 'disjunction' });
  const and = new Intl.ListFormat(locale, { type: 'conjunction' });
  const list = new Intl.ListFormat(locale, { type: 'unit' });
  const number = new Intl.NumberFormat(locale, { maximumSignificantDigits: 21 });
  return {
    /** `a, b or c` */
    or: (items: readonly string[]) => or.format(items),
    /** `a, b and c` */
    and: (items: readonly string[]) => and.format(items),
    /** `a, b, c` */
    list: (items: readonly string[]) => list.format(items),
    number: (value: number) => number.format(value),
    /** A duration in ms, to the second: `1 h 30 min`. The symbols of the units are international. */
    duration: formatDuration,
    /** A duration without rounding, for what an approver agrees to. */
    exactDuration: (ms: number) =>
      ms % 1_000 === 0 ? formatDuration(ms) : `${formatDuration(ms)} (${ms} ms)`,
  };
}
