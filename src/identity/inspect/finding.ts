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

export type Findings = ReturnType<typeof findingsOf>;

/** Collects the findings of one part. */
export function findingsOf(part: string) {
  const list: Finding[] = [];
  const add = (result: 'warn' | 'fail') => (check: string, found: string, change: string) => {
    list.push({ part, check, result, found, change });
  };
  return {
    list: list as readonly Finding[],
    ok: (check: string, found: string) => void list.push({ part, check, result: 'ok', found }),
    warn: add('warn'),
    fail: add('fail'),
  };
}
