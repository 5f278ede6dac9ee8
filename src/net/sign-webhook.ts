import { Webhook } from 'standardwebhooks';

export type SignWebhook = ReturnType<typeof webhookSigner>;

/**
 * Signs webhooks with a secret: the headers prove sender and time of a body (standardwebhooks.com).
 *
 * @throws Error if the secret is not `whsec_` and base64.
 */
export function webhookSigner(secret: string) {
  const webhook = new Webhook(secret);
  return ({ id, at, body }: { id: string; at: number; body: string }) => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    'webhook-signature': webhook.sign(id, new Date(at), body),
  });
}
