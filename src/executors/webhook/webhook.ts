import type { WebhookExecutorConfig } from '../../config/config.ts';
import { executorConfigHash } from '../../domain/request/digest.ts';
import type { Clock } from '../../lib/clock.ts';
import { Lru } from '../../lib/lru.ts';
import type { ExecutionResult } from '../../usecases/ports/executors.ts';
import { createAddressPolicy } from '../../net/addresses.ts';
import { postOnce } from '../../net/post-once.ts';
import { webhookSigner } from '../../net/sign-webhook.ts';
import type { SignWebhook } from '../../net/sign-webhook.ts';
import type { Executor } from '../executor.ts';
import type { Resolve } from '../../net/guarded-connect.ts';
import { judge } from './judge-answer.ts';
import type { Verdict } from './judge-answer.ts';
import { webhookBody } from './webhook-body.ts';

const REMEMBERED = 10_000;

/** Every optional key of the file's section, as it is read. */
const DEFAULTS = { timeout: 10_000, idempotent: false, maxAttempts: 5, allowPrivate: [] };

/**
 * An executor that POSTs the approved request to one URL, signed as Standard Webhooks says
 * (webhook-id, webhook-timestamp, webhook-signature), with the same id and Idempotency-Key for
 * every try of one request.
 *
 * @throws Error where the URL, secret or allow-list is not usable; the message names the executor.
 */
export function createWebhookExecutor(options: {
  name: string;
  config: WebhookExecutorConfig;
  /** Plain http is let through: the local profile only. */
  allowHttp: boolean;
  clock: Clock;
  resolve?: Resolve;
}): Executor {
  const { name, config, clock } = options;
  const url = checkedUrl(options);
  const policy = createAddressPolicy(config.allowPrivate);
  const sign = signerOf(name, config.secret);
  const target = `${url.host}${url.pathname}`.slice(0, 200);
  const configHash = hashOf(config);
  // Requests whose earlier tries in this process are all known to have done nothing.
  const untouched = new Lru<number>(REMEMBERED);
  return {
    plan: { executor: name, kind: config.kind, configHash, target, durationMs: null },
    repeatable: config.idempotent,
    async execute(request, attempt) {
      const now = clock.now();
      const id = `msg_${request.id}`;
      const body = webhookBody(request);
      const result = await postOnce({
        url: url.href,
        body,
        timeoutMs: config.timeoutMs,
        policy,
        ...(options.resolve ? { resolve: options.resolve } : {}),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          accept: 'application/json',
          'user-agent': 'countersign',
          'idempotency-key': id,
          ...sign({ id, at: now, body }),
        },
      });
      const verdict = judge(result, { target, now: clock.now() });
      // After an unsure try only a target that drops repeats is asked again, and then a later
      // "not applied" says nothing of the earlier. Tries of other processes count as unsure.
      const certain =
        !config.idempotent || attempt === 1 || untouched.get(request.id) === attempt - 1;
      if (certain && verdict.effect === 'none-yet') untouched.set(request.id, attempt);
      else untouched.delete(request.id);
      return conclude(verdict, { config, attempt, certain });
    },
  };
}

function conclude(
  verdict: Verdict,
  {
    config,
    attempt,
    certain,
  }: { config: WebhookExecutorConfig; attempt: number; certain: boolean },
): ExecutionResult {
  const { effect, outcome, retryAfterMs } = verdict;
  if (effect === 'done') return { kind: 'applied', outcome };
  if (effect === 'none') return { kind: certain ? 'failed' : 'unknown', outcome };
  if (effect === 'unsure' && !config.idempotent) return { kind: 'unknown', outcome };
  if (attempt < config.maxAttempts) return { kind: 'retry', outcome, retryAfterMs };
  return { kind: certain && effect === 'none-yet' ? 'failed' : 'unknown', outcome };
}

/** The hash of the file's section, under the names that the file uses. */
function hashOf(config: WebhookExecutorConfig): string {
  const { kind, url, secretRef: secret, timeoutMs: timeout } = config;
  const { idempotent, maxAttempts, allowPrivate } = config;
  const section = { kind, url, secret, timeout, idempotent, maxAttempts, allowPrivate };
  return executorConfigHash(section, DEFAULTS);
}

function signerOf(name: string, secret: string): SignWebhook {
  try {
    return webhookSigner(secret);
  } catch (cause) {
    throw new Error(`executors.${name}: secret must be whsec_ and base64`, { cause });
  }
}

function checkedUrl({
  name,
  config,
  allowHttp,
}: {
  name: string;
  config: WebhookExecutorConfig;
  allowHttp: boolean;
}): URL {
  const url = URL.canParse(config.url) ? new URL(config.url) : undefined;
  if (url?.protocol !== 'https:' && !(allowHttp && url?.protocol === 'http:')) {
    throw new Error(`executors.${name}: url must be an https address`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`executors.${name}: url must not hold a user name or password`);
  }
  return url;
}
