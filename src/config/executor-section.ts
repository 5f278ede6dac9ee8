import type { z } from 'zod';

/** What the configuration must know of a kind of executor; src/executors defines the kinds. */
export interface ExecutorSection {
  readonly kind: string;
  /** Its section in countersign.yaml, told apart by the literal `kind`. */
  readonly schema: z.ZodObject;
  /** Keys whose value is an address that is called: https in production. */
  readonly addresses: readonly string[];
  /** Keys whose value is a secret: known by its reference, never by its value. */
  readonly secrets: readonly string[];
}
