import { joinedKey } from '../../lib/joined-key.ts';
import { submit } from '../../domain/request/submit.ts';
import { refuse } from '../../domain/refusal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { Request } from '../../domain/request/request.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import type { SubmitInput, SubmitResult } from '../ports/app.ts';
import { jobsFor } from './build-change.ts';
import type { AppContext } from '../app-context.ts';
import type { Limiter } from '../limits.ts';
import { exchangeKey, seenPerson, tokenKey } from '../people/people.ts';
import { recordRefusal } from './record-refusal.ts';
import type { RefusalDeps } from './record-refusal.ts';
import { commitWithRetry } from '../store-faults.ts';
import { UNPOSTED } from '../../domain/request/cards.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { CommitResult, OnceKey } from '../ports/request-store.ts';

const SALT_BYTES = 16;

/** How long an Idempotency-Key returns the first request. */
const IDEMPOTENCY_MS = 7 * 86_400_000;

/**
 * Makes a request: checks it, then commits request, events, cards and jobs at once. A repeat with
 * the same Idempotency-Key returns the first request; with other content it is refused.
 */
export async function submitRequest(
  deps: RefusalDeps & { limiter: Limiter },
  input: SubmitInput,
): Promise<SubmitResult> {
  const admitted = deps.limiter.submission(input.by);
  if (!admitted.ok) return { kind: 'refused', refusal: admitted.refusal };
  const now = deps.clock.now();
  const key = idempotencyKey(deps, input);
  const ruled = rule(deps, input, now);
  if (!ruled.ok) {
    const earlier = key === null ? undefined : await deps.store.findOnceKey('idempotency', key);
    if (earlier?.requestId && isRepeat(deps, input, earlier)) {
      return repeated(deps, earlier.requestId);
    }
    return refused(deps, input, ruled);
  }
  const { step } = ruled;
  const { request } = step;
  const cards = cardsOf(deps, input, request);
  const change = {
    id: deps.ids.next('chg', now),
    at: now,
    onceKeys: onceKeysOf(deps, input, { request, key, now }),
    request,
    ...jobsFor(null, step, cards),
    cards,
    people: input.teams ? [seenPerson(input.by, input.teams.sender, now)] : [],
  };
  const result = await deps.record(step.events, now, (recorded) =>
    commitWithRetry(deps.store, { ...change, ...recorded }),
  );
  return settle(deps, input, { request, result });
}

/** Applies the domain's rules, with the configured workflow and executor. */
function rule(deps: AppContext, input: SubmitInput, now: number): ReturnType<typeof submit> {
  const workflow = deps.workflows.get(input.workflow);
  if (!workflow) {
    return refuse('workflow_unknown', { workflow: named(input) });
  }
  const { by, teams, fields, reason } = input;
  return submit(
    {
      id: deps.ids.next('req', now),
      salt: deps.ids.secret(SALT_BYTES),
      workflow,
      requester: by,
      fields,
      reason,
      planExecution(checked) {
        const execution = deps.executors.plan(workflow.executor, checked);
        if (execution) return execution;
        throw new Error(`workflow ${workflow.id}: executor is not configured`);
      },
      origin: {
        via: teams ? 'teams' : 'api',
        tenant: teams ? teams.sender.tenantId : by.tenant,
        objectId: teams ? teams.sender.objectId : by.objectId,
        activityId: teams?.card?.activityId ?? null,
        conversationId: teams?.card?.conversationId ?? null,
        exchangeId: teams?.exchangeId ?? null,
      },
    },
    now,
  );
}

async function settle(
  deps: RefusalDeps,
  input: SubmitInput,
  { request, result }: { request: Request; result: CommitResult },
): Promise<SubmitResult> {
  if (result.status === 'committed') {
    deps.signals.jobsWaiting();
    return { kind: 'submitted', request: { ...request, number: result.number } };
  }
  if (result.status === 'conflict') throw new Error(`request ${request.id}: id is taken`);
  if (result.of === 'token') {
    return refused(deps, input, refuse('token_replayed', { proof: 'token' }));
  }
  if (result.requestId === null) throw new Error(`duplicate ${result.of} without a request`);
  if (result.fingerprint !== fingerprint(deps, input)) {
    const replayed = result.of === 'exchange';
    return refused(
      deps,
      input,
      replayed ? refuse('token_replayed', { proof: 'exchange' }) : refuse('idempotency_mismatch'),
    );
  }
  return repeated(deps, result.requestId);
}

async function refused(
  deps: RefusalDeps,
  input: SubmitInput,
  { refusal }: { refusal: Refusal },
): Promise<SubmitResult> {
  const workflow = named(input);
  await recordRefusal(deps, { type: 'submission.refused', by: input.by, refusal, workflow });
  return { kind: 'refused', refusal };
}

async function repeated(deps: AppContext, id: string): Promise<SubmitResult> {
  const request = await deps.store.loadRequest(id);
  if (!request) throw new Error(`request ${id} has a once-key but is not there`);
  return { kind: 'repeated', request };
}

/** A card for the workflow's channel, and one for the message that asked. */
function cardsOf(
  deps: AppContext,
  input: SubmitInput,
  { id: requestId, plan, createdAt }: Request,
): Card[] {
  const id = () => deps.ids.next('crd', createdAt);
  const channel: Card = { id: id(), requestId, channel: plan.channel, ...UNPOSTED };
  const own = input.teams?.card;
  if (!own) return [channel];
  return [
    channel,
    { id: id(), requestId, state: 'posted', channel: null, ...own, postedRevision: 1 },
  ];
}

function onceKeysOf(
  deps: AppContext,
  input: SubmitInput,
  { request, key, now }: { request: Request; key: string | null; now: number },
): OnceKey[] {
  const { by } = input;
  const keys: OnceKey[] = [];
  const base = { requestId: request.id, fingerprint: fingerprint(deps, input) };
  const made = { ...base, mac: deps.onceKeyMac };
  if (key !== null) {
    keys.push({ ...base, kind: 'idempotency', key, expiresAt: now + IDEMPOTENCY_MS });
  }
  const token = input.teams === null ? tokenKey(by, made, request.plan.singleUse) : undefined;
  if (token) keys.push(token);
  const exchange = input.teams && exchangeKey(input.teams, made, now);
  return exchange ? [...keys, exchange] : keys;
}

/** A form's message makes one request, however often it is sent. */
function idempotencyKey({ onceKeyMac: mac }: AppContext, input: SubmitInput): string | null {
  const card = input.teams?.card;
  const { by } = input;
  if (card) return mac(joinedKey('form', card.conversationId, card.activityId, by.key));
  return input.idempotencyKey === null ? null : mac(joinedKey('api', by.key, input.idempotencyKey));
}

function fingerprint({ onceKeyMac }: AppContext, input: SubmitInput): string {
  const { workflow, fields, reason } = input;
  return onceKeyMac(canonicalJson({ workflow, fields, reason }));
}

/** Whether a refused repeat has the content of the first request. */
function isRepeat(deps: AppContext, input: SubmitInput, earlier: OnceKey): boolean {
  try {
    return earlier.fingerprint === fingerprint(deps, input);
  } catch (error) {
    // Text with a lone surrogate has no canonical form, so no request has it.
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** The requested workflow as given, cut short. */
function named(input: SubmitInput): string {
  return input.workflow.slice(0, 60).toWellFormed();
}
