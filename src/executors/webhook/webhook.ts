import { Lru } from '../../lib/lru.ts';
import type { ExecutionResult } from '../../usecases/ports/executors.ts';
import { createAddressPolicy } from '../../net/addresses.ts';
import { probeTarget } from '../../net/probe-target.ts';
import { postOnce } from '../../net/post-once.ts';
import { webhookSigner } from '../../net/sign-webhook.ts';
import type { SignWebhook } from '../../net/sign-webhook.ts';
import { defineExecutor } from '../sdk.ts';
import type { Executor, ExecutorParts } from '../sdk.ts';
import { checkWebhookSection } from './check-section.ts';
import { hiddenParts } from './hidden-parts.ts';
import { judge } from './judge-answer.ts';
import type { Judged } from './judge-answer.ts';
import { webhookBody } from './webhook-body.ts';
import { WEBHOOK_DEFAULTS, webhookSchema } from './webhook-section.ts';
import type { WebhookSection } from './webhook-section.ts';

const REMEMBERED = 10_000;

/**
 * An executor that POSTs the approved request to one URL, signed by Standard Webhooks (webhook-id,
 * webhook-timestamp, webhook-signature). All attempts of a request have the same id and
 * Idempotency-Key.
 */
export const webhook = defineExecutor<typeof webhookSchema>({
  kind: 'webhook',
  schema: webhookSchema,
  addresses: ['url'],
  secrets: ['secret'],
  defaults: WEBHOOK_DEFAULTS,
  check: checkWebhookSection,
  create,
});

function create(parts: ExecutorParts<WebhookSection>): Executor {
  const { name, section, clock } = parts;
  const url = checkedUrl(parts);
  const policy = createAddressPolicy(section.allowPrivate);
  const proxy = section.proxy ? parts.proxy : null;
  const sign = signerOf(name, section.secret);
  const { displayName } = section;
  const target =
    displayName === undefined
      ? `${url.host}${url.pathname}`.slice(0, 200)
      : `${displayName} (${url.host})`;
  const hidden = hiddenParts(url, { path: displayName !== undefined });
  // Requests whose earlier attempts in this process all certainly applied nothing.
  const untouched = new Lru<number>(REMEMBERED);
  return {
    plan: () => ({ target, durationMs: null }),
    repeatable: section.idempotent,
    async probe() {
      const { resolve } = parts;
      const limits = { policy, timeoutMs: section.timeout, proxy };
      await probeTarget({ url: url.href, ...limits, ...(resolve ? { resolve } : {}) });
      return `${url.host} accepts connections`;
    },
    async execute(request, attempt) {
      const now = clock.now();
      const id = `msg_${request.id}`;
      const body = webhookBody(request);
      const result = await postOnce({
        url: url.href,
        body,
        timeoutMs: section.timeout,
        policy,
        proxy,
        ...(parts.resolve ? { resolve: parts.resolve } : {}),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          accept: 'application/json',
          'user-agent': 'countersign',
          'idempotency-key': id,
          ...sign({ id, at: now, body }),
        },
      });
      const judged = judge(result, { target, hidden, now: clock.now() });
      // Only an idempotent target is called again after an unsure attempt. A later "not applied" does
      // not prove that the unsure one applied nothing. Attempts of other processes count as unsure.
      const certain =
        !section.idempotent || attempt === 1 || untouched.get(request.id) === attempt - 1;
      if (certain && judged.effect === 'none-yet') untouched.set(request.id, attempt);
      else untouched.delete(request.id);
      return conclude(judged, { section, attempt, certain });
    },
  };
}

function conclude(
  judged: Judged,
  { section, attempt, certain }: { section: WebhookSection; attempt: number; certain: boolean },
): ExecutionResult {
  const { effect, outcome, retryAfterMs } = judged;
  if (effect === 'done') return { kind: 'applied', outcome };
  if (effect === 'none') return { kind: certain ? 'failed' : 'unknown', outcome };
  if (effect === 'unsure' && !section.idempotent) return { kind: 'unknown', outcome };
  if (attempt < section.maxAttempts) return { kind: 'retry', outcome, retryAfterMs };
  return { kind: certain && effect === 'none-yet' ? 'failed' : 'unknown', outcome };
}

function signerOf(name: string, secret: string): SignWebhook {
  try {
    return webhookSigner(secret);
  } catch (cause) {
    throw new Error(`executors.${name}: secret must be whsec_ followed by base64`, { cause });
  }
}

function checkedUrl({ name, section, allowHttp }: ExecutorParts<WebhookSection>): URL {
  const url = URL.canParse(section.url) ? new URL(section.url) : undefined;
  if (url?.protocol !== 'https:' && !(allowHttp && url?.protocol === 'http:')) {
    throw new Error(`executors.${name}: url must be an https URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`executors.${name}: url must not contain a user name or password`);
  }
  return url;
}
