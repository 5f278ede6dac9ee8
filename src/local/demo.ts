import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKPOINT_TYPE } from '../audit/checkpoint-verifier.ts';
import { verifyAudit } from '../audit/verify.ts';
import { systemClock } from '../lib/clock.ts';
import { jsonLogger } from '../telemetry/json-logger.ts';
import { actionOf, cardOf, eventually, textOfCard } from './find.ts';
import { jsonOr } from '../lib/strict-json.ts';
import { APPROVALS, startLocalProfile } from './profile.ts';
import type { LocalProfile } from './profile.ts';
import type { ClickResult, Json, Message } from './world.ts';

/** What the demo writes to. */
export interface DemoIo {
  say(line: string): void;
  /** Aborted: the demo ends before its next step. */
  readonly signal?: AbortSignal;
}

/** Only errors appear between the steps. */
const quiet = jsonLogger({ level: 'error', now: () => systemClock.now() });

type Stage = LocalProfile & { say: (line: string) => void };

/**
 * Plays the main job over the real wire, from a pipeline's request to the verified audit log, and
 * checks each step. Gives true when all steps hold; ends at the first that fails, and names it.
 */
export async function runDemo(io: DemoIo): Promise<boolean> {
  const home = await mkdtemp(join(tmpdir(), 'countersign-demo-'));
  let profile: LocalProfile | undefined;
  let step = 'Everything starts on loopback';
  let number = 0;
  try {
    profile = await startLocalProfile({ home, overrides: { log: quiet } });
    const say = (line: string) => {
      if (io.signal?.aborted) throw new Error('it was stopped');
      step = line;
      number += 1;
      io.say(`${String(number).padStart(2)}. ${line}`);
    };
    await play({ ...profile, say });
    return true;
  } catch (error) {
    io.say(`    FAILED after "${step}": ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    await profile?.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function play(stage: Stage): Promise<void> {
  const { config, say, service, target } = stage;
  const asked = await ask(stage);
  const message = await eventually('the card in the channel', () =>
    channelCard(stage, asked.number),
  );
  const approve = actionOf(cardOf(message), 'approve');
  check(approve, 'the card offers Approve');
  say(`The card is in the channel: "${firstLine(message)}".`);
  const waiting = call(stage, `/${asked.id}/wait?timeoutSeconds=30`, asked.waitToken);
  // When an earlier step fails, nothing awaits this promise.
  waiting.catch(() => undefined);
  await refusals(stage, { id: asked.id, message, approve });
  await ownRequest(stage);
  await decide(stage, { message, approve });
  await eventually("the channel's card says applied", () =>
    /applied/i.test(textOfCard(cardOf(channelCard(stage, asked.number)))),
  );
  const delivery = target.deliveries.find((one) => JSON.stringify(one.body).includes(asked.id));
  check(delivery && target.applied() === 1, 'the target was called once for this request');
  check(delivery.idempotencyKey, 'the call carried an idempotency key');
  say(
    'The webhook target was called once, its signature held; idempotency key ' +
      `${delivery.idempotencyKey}.`,
  );
  say('Every copy of the card says applied.');
  const { body: outcome } = await waiting;
  check(outcome['state'] === 'applied', 'the waiting pipeline got the outcome');
  say(`The waiting pipeline got the outcome: ${outcomeText(outcome)}`);
  await clickAgain(stage, { id: asked.id, message, approve });
  const audit = await eventually('the audit log is sealed', async () => {
    const report = await verifyAudit(service.store, {
      verifyCheckpoint: (jws) => service.keys.verify('checkpoints', jws, CHECKPOINT_TYPE),
      origin: config.audit.origin,
    });
    return report.ok && report.size >= 8 && report;
  });
  say(`The audit log verifies: ${audit.size} events under one signed Merkle root.`);
}

interface Asked {
  readonly id: string;
  readonly number: number;
  readonly waitToken: string;
}

async function ask(stage: Stage): Promise<Asked> {
  const { status, body } = await call(stage, '', await stage.provider.workloadToken(), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'demo-build-1042' },
    body: JSON.stringify({
      workflow: 'deploy-production',
      reason: 'Fixes the rounding of refunds',
      fields: { service: 'checkout', version: '4.2.0', window: '1h' },
    }),
  });
  check(status === 201, `the request is made (${JSON.stringify(body)})`);
  const { id, number, waitToken } = body;
  check(typeof id === 'string' && typeof number === 'number', 'the answer names the request');
  check(typeof waitToken === 'string', 'the answer carries a wait token');
  stage.say(`A pipeline took a token from the OIDC provider and asked: request ${number}.`);
  return { id, number, waitToken };
}

/** Calls the API of requests. */
async function call(stage: Stage, path: string, token: string, init: RequestInit = {}) {
  const headers = { ...init.headers, authorization: `Bearer ${token}` };
  const response = await fetch(`${stage.url}/v1/requests${path}`, { ...init, headers });
  return { status: response.status, body: jsonOr(await response.json()) };
}

interface CardPlace {
  readonly message: Message;
  readonly approve: Json;
}

async function refusals(stage: Stage, at: CardPlace & { id: string }): Promise<void> {
  const before = await read(stage, at.id);
  for (const [person, why] of [
    ['olu', 'onlooker'],
    ['rafael', 'former approver'],
  ] as const) {
    const result = await click(stage, person, at);
    check(result.kind === 'message' || result.kind === 'error', `${why} is refused in words`);
    stage.say(`The ${why}'s click is refused: "${result.text}"`);
  }
  const after = await read(stage, at.id);
  check(after['version'] === before['version'], 'the refused clicks changed nothing');
  check(stage.target.applied() === 0, 'nothing was applied');
}

/** Mia makes a request in the chat, under her verified roles, and cannot approve it. */
async function ownRequest(stage: Stage): Promise<void> {
  const { connector } = stage;
  const chat = connector.chats('mia').find((one) => one.kind === 'personal');
  check(chat, 'Mia has a chat with the bot');
  await connector.say('mia', chat.id, 'request deploy-production service=search version=2.0.1');
  const form = await eventually('the form in the chat', () =>
    connector.messages('mia', chat.id).findLast((one) => actionOf(cardOf(one), 'submit')),
  );
  const submit = actionOf(cardOf(form), 'submit');
  check(submit, 'the form can be sent');
  const sent = await connector.click({
    personId: 'mia',
    chatId: chat.id,
    messageId: form.id,
    action: submit,
    inputs: { service: 'search', version: '2.0.1', window: '1h', reason: 'New index' },
  });
  check(sent.kind === 'card', `the form is taken (${JSON.stringify(sent).slice(0, 300)})`);
  const message = await eventually('her card in the channel', () => channelCard(stage, 2));
  const approve = actionOf(cardOf(message), 'approve');
  check(approve, 'her card offers Approve');
  const result = await click(stage, 'mia', { message, approve });
  check(result.kind === 'message' || result.kind === 'error', 'she is refused in words');
  stage.say(`Mia asked in the chat for request 2 and cannot approve it: "${result.text}"`);
}

async function decide(stage: Stage, at: CardPlace): Promise<void> {
  const bare = await stage.connector.post(invoke(stage, 'amara', at));
  check(
    jsonOr(bare.body)['statusCode'] === 401,
    'a click without a token is answered with a login request',
  );
  stage.say('An approver clicks; the bot holds no fresh token and answers with a login request.');
  const result = await click(stage, 'amara', at);
  check(result.kind === 'card', `the decision is taken (${JSON.stringify(result).slice(0, 300)})`);
  stage.say(
    'The client sends the click again with her token; signature, issuer, audience, ' +
      'expiry, tenant, object id and role are verified, and the decision is committed.',
  );
}

async function clickAgain(stage: Stage, at: CardPlace & { id: string }): Promise<void> {
  const before = await read(stage, at.id);
  const token = await stage.provider.singleSignOnToken('amara');
  const authentication = { id: 'again', connectionName: 'countersign', token };
  for (let round = 0; round < 5; round += 1) {
    const answer = await stage.connector.post(invoke(stage, 'amara', at, { authentication }));
    check(answer.status === 200, 'a repeated click is answered');
  }
  const after = await read(stage, at.id);
  check(after['version'] === before['version'], 'the repeats changed nothing');
  check(stage.target.applied() === 1, 'the repeats applied nothing');
  stage.say('The same click, sent five more times, changes nothing.');
}

function invoke(stage: Stage, personId: string, at: CardPlace, more: Json = {}): Json {
  return stage.connector.activity({
    personId,
    chatId: APPROVALS,
    replyToId: at.message.id,
    with: {
      type: 'invoke',
      name: 'adaptiveCard/action',
      value: { action: at.approve, trigger: 'manual', ...more },
    },
  });
}

function click(stage: Stage, personId: string, at: CardPlace): Promise<ClickResult> {
  return stage.connector.click({
    personId,
    chatId: APPROVALS,
    messageId: at.message.id,
    action: at.approve,
  });
}

/** The current card of a request in the channel. */
function channelCard(stage: Stage, number: number): Message | undefined {
  return stage.connector
    .messages('kenji', APPROVALS)
    .find((message) => new RegExp(`#${number}\\b`).test(textOfCard(cardOf(message))));
}

async function read(stage: Stage, id: string): Promise<Json> {
  const token = await stage.provider.personToken({ personId: 'kenji', audience: 'api' });
  const { status, body } = await call(stage, `/${id}`, token);
  check(status === 200, 'an approver reads the request');
  return body;
}

function firstLine(message: Message): string {
  return textOfCard(cardOf(message)?.['body']).split('\n').slice(0, 2).join(' ');
}

function outcomeText(request: Json): string {
  const { reference } = jsonOr(request['outcome']);
  return `${String(request['state'])}, ${String(reference)}.`;
}

function check(held: unknown, what: string): asserts held {
  if (!held) throw new Error(`it does not hold that ${what}`);
}
