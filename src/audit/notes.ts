/** The findings of a verification, explained in docs/how-to/verify-the-audit-log.md. */
export const AUDIT_PROBLEM_CODES = [
  'event_missing',
  'leaf_mismatch',
  'event_malformed',
  'column_mismatch',
  'index_gap',
  'log_truncated',
  'leaves_unsigned',
  'root_mismatch',
  'signature_invalid',
  'checkpoint_altered',
  'other_origin',
  'known_root_mismatch',
  'known_unverified',
  'witness_unread',
  'restore_accepted',
  'event_outside',
  'event_waits_twice',
  'request_missing',
  'request_unrecorded',
  'request_differs',
  'decision_missing',
  'decision_unrecorded',
  'decision_differs',
  'events_unsealed',
] as const;

export type AuditProblemCode = (typeof AUDIT_PROBLEM_CODES)[number];

export interface AuditProblem {
  readonly code: AuditProblemCode;
  /** The log verifies despite warnings. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The index of the leaf or the size of the checkpoint; null for neither. */
  readonly at: number | null;
}

type Note = (code: AuditProblemCode, message: string, at?: number | null) => void;

/** Takes findings. */
export interface Notes {
  readonly error: Note;
  readonly warning: Note;
  readonly problems: readonly AuditProblem[];
  errors(): number;
  count(): number;
}

/** Counts all findings and keeps the first `limit`. */
export function collector(limit: number): Notes {
  const problems: AuditProblem[] = [];
  let errors = 0;
  let count = 0;
  const note =
    (severity: AuditProblem['severity']): Note =>
    (code, message, at = null) => {
      count += 1;
      if (severity === 'error') errors += 1;
      if (problems.length < limit) problems.push({ code, severity, message, at });
    };
  return {
    error: note('error'),
    warning: note('warning'),
    problems,
    errors: () => errors,
    count: () => count,
  };
}
