import type { z } from 'zod';

/** What is wrong with the value of a key. */
export interface SectionFinding {
  readonly severity: 'problem' | 'warning';
  readonly key: readonly (string | number)[];
  readonly rule: string;
  readonly found: unknown;
  readonly expected: string;
}

/** What the configuration must know of a kind of executor; src/executors defines the kinds. */
export interface ExecutorSection {
  readonly kind: string;
  /** Its section in countersign.yaml, told apart by the literal `kind`. */
  readonly schema: z.ZodObject;
  /** Keys whose value is an address that is called: https in production. */
  readonly addresses: readonly string[];
  /** Keys whose value is a secret: known by its reference, never by its value. */
  readonly secrets: readonly string[];
  /** What is known to fail later of a section that fits the schema. */
  check?(section: Readonly<Record<string, unknown>>): readonly SectionFinding[];
}
