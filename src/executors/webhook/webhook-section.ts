import { z } from 'zod';
import {
  durationSchema,
  lineSchema,
  matching,
  targetKeys,
  urlSchema,
} from '../../config/schema-parts.ts';

const SECOND = 1_000;

/** The section of a webhook in countersign.yaml; durations in ms once parsed. */
export const webhookSchema = z.strictObject({
  kind: z.literal('webhook'),
  url: urlSchema.describe('Where the approved request is posted'),
  displayName: lineSchema(60)
    .optional()
    .describe('Shown in place of the path, which may carry a secret; the host is always shown'),
  secret: matching(
    /^whsec_[A-Za-z0-9+/]{32,128}={0,2}$/,
    'a Standard Webhooks secret: whsec_ and base64',
  ).describe('Signs every call'),
  timeout: durationSchema({ minMs: SECOND, maxMs: 60 * SECOND }).prefault('10s'),
  idempotent: z
    .boolean()
    .default(false)
    .describe('The target drops repeats of one webhook-id, so that sending again is safe'),
  maxAttempts: z.int().min(1).max(20).default(5),
  ...targetKeys,
});

/** The parsed defaults of the section. */
export const WEBHOOK_DEFAULTS = {
  timeout: 10_000,
  idempotent: false,
  maxAttempts: 5,
  allowPrivate: [],
  proxy: false,
};

export type WebhookSection = z.output<typeof webhookSchema>;
