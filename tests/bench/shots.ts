import { jsonOr } from '../../src/lib/strict-json.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemIds } from '../../src/lib/ids.ts';
import { fire } from './load.ts';
import type { Shot } from './load.ts';
import type { PostedCard } from './service-process.ts';
import { personTokens, workloadTokens } from './tokens.ts';
import { APPROVALS } from './world.ts';
import type { World } from './world.ts';

/** The approvers of the workflow, who share the decisions. */
const APPROVERS = ['amara', 'kenji'] as const;

/** A pending request, from the answer of `POST /v1/requests`. */
export interface Pending {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
}

/** Prepares `POST /v1/requests`, each with its own token and Idempotency-Key. */
export async function submitShots(world: World, count: number): Promise<Shot[]> {
  const tokens = await workloadTokens(world, count);
  return tokens.map((token, index) => ({
    path: '/v1/requests',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'idempotency-key': systemIds.secret(16),
    },
    body: JSON.stringify({
      workflow: 'deploy-production',
      reason: 'Fixes the rounding of refunds in the checkout of three countries',
      fields: { service: 'checkout', version: `4.${index}.0`, window: '1h' },
    }),
  }));
}

/** Creates requests over HTTP for the measured decisions. */
export async function makePending(
  world: World,
  given: { origin: string; count: number; clients: number },
): Promise<Pending[]> {
  const shots = await submitShots(world, given.count);
  const { answers } = await fire({ ...given, shots, status: 201 });
  return answers.map((text) => {
    const { id, version, digest, state } = jsonOr(JSON.parse(text));
    if (typeof id !== 'string' || typeof version !== 'number' || typeof digest !== 'string') {
      throw new Error(`a new request lacks id, version or digest: ${text.slice(0, 300)}`);
    }
    if (state !== 'pending') throw new Error(`a new request is ${String(state)}`);
    return { id, version, digest };
  });
}

/** The message of a request's card in the channel. */
const messageOf = (index: number) => `17637${String(index).padStart(8, '0')}`;

/** The messages of these requests' posted cards. */
export function postedCards(world: World, requests: readonly Pending[]): PostedCard[] {
  const { serviceUrl } = world.connector;
  return requests.map(({ id }, index) => {
    const activityId = messageOf(index);
    const conversationId = `${APPROVALS};messageid=${activityId}`;
    return { requestId: id, conversationId, serviceUrl, activityId };
  });
}

/**
 * Prepares a click on Approve for each request: the invoke that Teams sends with the single sign-on
 * token of a person. Every click has its own token and message. The channel token is the same for
 * all, because Teams uses one for about an hour.
 */
export async function decideShots(world: World, requests: readonly Pending[]): Promise<Shot[]> {
  const channelToken = await world.connector.channelToken();
  const each = Math.ceil(requests.length / APPROVERS.length);
  const tokens = new Map<string, string[]>();
  for (const personId of APPROVERS) {
    tokens.set(personId, await personTokens(world, { personId, count: each }));
  }
  return requests.map((request, index) => {
    const personId = APPROVERS[index % APPROVERS.length] ?? APPROVERS[0];
    const token = tokens.get(personId)?.pop();
    // From our answer to a click without a token; the client sends it back.
    const exchange = systemIds.next('sso', systemClock.now());
    const activity = world.connector.activity({
      personId,
      chatId: APPROVALS,
      replyToId: messageOf(index),
      with: {
        type: 'invoke',
        name: 'adaptiveCard/action',
        value: {
          action: {
            type: 'Action.Execute',
            id: 'approve',
            verb: 'approve',
            data: {
              r: request.id,
              rev: request.version,
              d: request.digest,
              s: 'stage-1',
              a: null,
            },
          },
          authentication: { id: exchange, connectionName: 'countersign', token },
          trigger: 'manual',
        },
      },
    });
    return {
      path: '/api/messages',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        authorization: `Bearer ${channelToken}`,
      },
      body: JSON.stringify(activity),
    };
  });
}

/** Returns the card of an approved request; throws for any other answer. */
export function approvedCard(text: string): Record<string, unknown> {
  const { statusCode, type, value } = jsonOr(JSON.parse(text));
  const card = type === 'application/vnd.microsoft.card.adaptive';
  if (statusCode !== 200 || !card || !JSON.stringify(value).includes('✓  Approved')) {
    throw new Error(`a decision was answered with ${text.slice(0, 500)}`);
  }
  return jsonOr(value);
}
