import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { jsonOr } from '../../../src/lib/strict-json.ts';
import type { Json } from '../../../src/local/world.ts';
import { signedOn } from '../../support/people-at-work.ts';
import type { Copy } from './board.ts';
import type { Cluster } from './cluster.ts';
import { workflowOf } from './rooms.ts';

/** The answer to a click: the text of its card, or a sentence. */
export interface ClickAnswer {
  readonly kind: 'card' | 'message';
  readonly text: string;
}

export interface Asked {
  readonly id: string;
  readonly number: number;
}

const TRIES = 600;
const REST_MS = 50;
/** The time limit of Teams and most clients. */
const ANSWER_WITHIN_MS = 20_000;

/** Submits a request as a pipeline, repeated under one idempotency key until it is answered. */
export async function ask(
  { world }: Cluster,
  given: { room: number; target: 'deploy' | 'bank'; key: string },
): Promise<Asked> {
  const token = await world.provider.workloadToken();
  const body = JSON.stringify({
    workflow: workflowOf(given.room, given.target),
    reason: 'As planned',
    fields: { subject: given.key },
  });
  return persistently(`asking ${given.key}`, async () => {
    const answer = await post(`${world.url}/v1/requests`, body, {
      authorization: `Bearer ${token}`,
      'idempotency-key': given.key,
    });
    if (answer.status >= 500) return undefined;
    const { id, number } = answer.body;
    if (![200, 201].includes(answer.status) || typeof id !== 'string') {
      throw new Error(`not asked: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return { id, number: Number(number) };
  });
}

/** The activity of a click on a message, with a new token and exchange id. */
export async function clickOn(
  { world }: Cluster,
  given: { copy: Copy; by: string; verb: string; key: string },
): Promise<Json> {
  const { copy, by, verb } = given;
  return world.connector.activity({
    personId: by,
    chatId: copy.chatId,
    replyToId: copy.messageId,
    with: {
      type: 'invoke',
      name: 'adaptiveCard/action',
      value: {
        action: { type: 'Action.Execute', verb, data: copy.data },
        trigger: 'manual',
        ...(await signedOn(world, by, given.key)),
      },
    },
  });
}

/** Sends a click until it is answered, as Teams and a user do. */
export async function click({ world }: Cluster, activity: Json): Promise<ClickAnswer> {
  const body = JSON.stringify(activity);
  return persistently('a click', async () => {
    const token = await world.connector.channelToken();
    const { status, body: said } = await post(`${world.url}/api/messages`, body, {
      authorization: `Bearer ${token}`,
    });
    if (status >= 500 || said['statusCode'] === 500) return undefined;
    return readAnswer(status, said);
  });
}

function readAnswer(status: number, { statusCode, type, value }: Json): ClickAnswer {
  if (status === 200 && statusCode === 200) {
    if (type === 'application/vnd.microsoft.card.adaptive') {
      return { kind: 'card', text: JSON.stringify(value) };
    }
    if (type === 'application/vnd.microsoft.activity.message') {
      return { kind: 'message', text: String(value) };
    }
  }
  throw new Error(`a click was answered ${status} ${String(statusCode)} ${JSON.stringify(value)}`);
}

async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; body: Json }> {
  const answer = await request(url, {
    method: 'POST',
    body,
    headers: { ...headers, 'content-type': 'application/json' },
    headersTimeout: ANSWER_WITHIN_MS,
    bodyTimeout: ANSWER_WITHIN_MS,
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, body: text === '' ? {} : jsonOr(JSON.parse(text)) };
}

/** Tries until there is an answer; a broken connection or a time-out is none. */
async function persistently<Answer>(
  what: string,
  attempt: () => Promise<Answer | undefined>,
): Promise<Answer> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    try {
      const answer = await attempt();
      if (answer !== undefined) return answer;
    } catch (error) {
      // Errors of connections and time-outs have a code; those of this file have none.
      if (typeof (error as { code?: unknown }).code !== 'string') throw error;
    }
    await sleep(REST_MS);
  }
  throw new Error(`never answered: ${what}`);
}
