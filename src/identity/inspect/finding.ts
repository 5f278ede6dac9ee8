/** One result of `countersign doctor`. */
export interface Finding {
  /** What it belongs to, such as `issuer entra`. */
  readonly part: string;
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do; absent if all is well. */
  readonly change?: string;
}

/** Collects the findings of one part. */
export interface Findings {
  readonly list: readonly Finding[];
  ok(check: string, found: string): void;
  warn(check: string, found: string, change: string): void;
  fail(check: string, found: string, change: string): void;
}

/** An empty list of findings for a part. */
export function findingsOf(part: string): Findings {
  const list: Finding[] = [];
  return {
    list,
    ok: (check, found) => void list.push({ part, check, result: 'ok', found }),
    warn: (check, found, change) => void list.push({ part, check, result: 'warn', found, change }),
    fail: (check, found, change) => void list.push({ part, check, result: 'fail', found, change }),
  };
}
