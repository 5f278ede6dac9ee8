import { Webhook } from 'standardwebhooks';

/** The headers that prove sender and time of a body (standardwebhooks.com). */
export type SignWebhook = (sent: { id: string; at: number; body: string }) => {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
};

/**
 * Signs webhooks with a secret.
 *
 * @throws Error if the secret is not `whsec_` and base64.
 */
export function webhookSigner(secret: string): SignWebhook {
  const webhook = new Webhook(secret);
  return ({ id, at, body }) => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    'webhook-signature': webhook.sign(id, new Date(at), body),
  });
}
