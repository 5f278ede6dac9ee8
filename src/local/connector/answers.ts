/** Reads the bot's answers to invokes, as the client of Teams does. */
import { CARD } from '../find.ts';
import { isJsonObject, jsonOr } from '../../lib/strict-json.ts';
import { textOf } from '../loopback.ts';
import type { ClickResult, Json } from '../world.ts';
import type { InvokeResult } from './delivery.ts';

const MESSAGE = 'application/vnd.microsoft.activity.message';
const LOGIN = 'application/vnd.microsoft.activity.loginRequest';
const CARD_BYTES = 28 * 1_024;

/** A login request of the bot. */
export interface LoginRequest {
  readonly text: string;
  readonly connectionName: string | undefined;
  readonly exchange: { readonly id: string; readonly uri: string } | undefined;
  readonly url: string | undefined;
}

/** The answer to a universal action; `again`: a login is needed, or was not enough. */
export type ActionAnswer =
  | { readonly kind: 'result'; readonly result: ClickResult }
  | { readonly kind: 'again'; readonly login: LoginRequest | undefined };

/** An error for the person. */
export function problem(code: string, text: string): ClickResult {
  return { kind: 'error', code, text };
}

/** The body of a 200 answer, or the error that the client shows instead. */
export function bodyOf(
  invoked: InvokeResult,
): { readonly body: unknown } | { readonly failed: ClickResult } {
  if (invoked.kind === 'timeout') {
    return { failed: problem('timeout', 'The app did not answer in time. Please try again.') };
  }
  if (invoked.kind === 'unreachable') {
    return { failed: problem('unreachable', 'Unable to reach the app. Please try again.') };
  }
  const { status, body } = invoked.answer;
  if (status === 200) return { body };
  return { failed: problem(`http_${status}`, 'Something went wrong. Please try again.') };
}

/** Reads the answer to `adaptiveCard/action` (universal actions' response format). */
export function actionAnswer(invoked: InvokeResult): ActionAnswer {
  const read = bodyOf(invoked);
  if ('failed' in read) return { kind: 'result', result: read.failed };
  const { body } = read;
  const result = (one: ClickResult): ActionAnswer => ({ kind: 'result', result: one });
  if (!isJsonObject(body) || Object.keys(body).length === 0) return result({ kind: 'none' });
  const { statusCode, type, value } = body;
  if (typeof statusCode !== 'number' || typeof type !== 'string') {
    return result(problem('bad_answer', 'The app answered without a status code and a type.'));
  }
  if (type === LOGIN) return { kind: 'again', login: loginRequest(value) };
  if (statusCode === 401 || statusCode === 412) return { kind: 'again', login: undefined };
  if (statusCode === 200 && type === CARD) return result(cardResult(value));
  if (statusCode === 200 && type === MESSAGE) {
    return result({ kind: 'message', text: textOf(value) ?? '' });
  }
  const error = jsonOr(value);
  const text = textOf(error.message) ?? 'Something went wrong. Please try again.';
  return result(problem(textOf(error.code) ?? `status_${statusCode}`, text));
}

/** Reads the answer to `composeExtension/…`, `task/fetch` and `task/submit`. */
export function dialogAnswer(invoked: InvokeResult): ClickResult {
  const read = bodyOf(invoked);
  if ('failed' in read) return read.failed;
  const body = jsonOr(read.body);
  if (isJsonObject(body.task)) return taskResult(body.task);
  if (isJsonObject(body.composeExtension)) return extensionResult(body.composeExtension);
  return { kind: 'none' };
}

function taskResult(task: Json): ClickResult {
  if (task.type === 'message') return { kind: 'message', text: textOf(task.value) ?? '' };
  const value = jsonOr(task.value);
  const card = cardIn(value.card);
  if (task.type !== 'continue' || card === undefined) {
    return problem('bad_dialog', 'The app opened a dialog without a card.');
  }
  return { kind: 'dialog', title: textOf(value.title) ?? '', card };
}

function extensionResult(extension: Json): ClickResult {
  if (extension.type === 'message') return { kind: 'message', text: textOf(extension.text) ?? '' };
  if (extension.type === 'auth') {
    const actions = jsonOr(extension.suggestedActions).actions;
    const url = textOf(jsonOr(Array.isArray(actions) ? actions[0] : undefined).value);
    if (url !== undefined) return { kind: 'signIn', url, text: 'Sign in to go on.' };
  }
  const { attachments } = extension;
  const first: unknown = Array.isArray(attachments) ? attachments[0] : undefined;
  const card = extension.type === 'result' ? cardIn(first) : undefined;
  if (card !== undefined) return { kind: 'card', card, personal: true };
  return problem('bad_answer', 'The app answered with nothing that can be shown.');
}

function cardIn(attachment: unknown): Json | undefined {
  const { contentType, content } = jsonOr(attachment);
  return contentType === CARD && isJsonObject(content) ? content : undefined;
}

function cardResult(value: unknown): ClickResult {
  if (!isJsonObject(value) || value.type !== 'AdaptiveCard') {
    return problem('bad_card', 'The app answered with a card that is none.');
  }
  if (Buffer.byteLength(JSON.stringify(value)) > CARD_BYTES) {
    return problem('card_too_big', 'The app answered with a card that is too big.');
  }
  return { kind: 'card', card: value, personal: true };
}

// The value is an OAuthCard: a silent token exchange, and a sign-in button.
function loginRequest(value: unknown): LoginRequest {
  const card = jsonOr(value);
  const exchange = jsonOr(card.tokenExchangeResource);
  const id = textOf(exchange.id);
  const uri = textOf(exchange.uri);
  const button: unknown = Array.isArray(card.buttons) ? card.buttons[0] : undefined;
  return {
    text: textOf(card.text) ?? 'Please sign in.',
    connectionName: textOf(card.connectionName),
    exchange: id === undefined || uri === undefined ? undefined : { id, uri },
    url: textOf(jsonOr(button).value),
  };
}
