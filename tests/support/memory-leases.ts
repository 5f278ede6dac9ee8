import type { LeaseStore } from '../../src/usecases/ports/lease-store.ts';

interface Row {
  readonly holder: string | null;
  readonly until: number;
  readonly note: string | null;
}

/** Leases in memory that fulfil the port. */
export function memoryLeases(): LeaseStore & { readonly rows: Map<string, Row> } {
  const rows = new Map<string, Row>();
  return {
    rows,
    async takeLease({ name, holder, leaseMs, now, note = null }) {
      const before = rows.get(name) ?? { holder: null, until: 0, note: null };
      const others = before.holder !== null && before.holder !== holder;
      if (others && before.until > now) return undefined;
      const until = now + leaseMs;
      rows.set(name, { holder, until, note: note ?? before.note });
      return { until, before };
    },
    async releaseLease({ name, holder, now, note = null }) {
      if (rows.get(name)?.holder !== holder) return;
      if (note === null) rows.delete(name);
      else rows.set(name, { holder: null, until: now, note });
    },
    countLeases: async ({ prefix, now }) =>
      [...rows].filter(
        ([name, { holder, until }]) => name.startsWith(prefix) && holder !== null && until > now,
      ).length,
  };
}
