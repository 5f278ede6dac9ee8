import type { Refusal } from '../../domain/refusal.ts';
import type { InvalidCode } from '../../interactions/reply.ts';
import type { CardContent } from '../../usecases/ports/cards.ts';
import { refusalText } from '../../text/text.ts';
import type { Text } from '../../text/text.ts';
import type { Answer } from './adapter.ts';

const CARD = 'application/vnd.microsoft.card.adaptive';

/**
 * A response to `adaptiveCard/action`. The HTTP status is always 200; the body says what the client
 * does (learn.microsoft.com, "Universal Action Model", response format).
 */
function actionAnswer(statusCode: number, type: string, value: unknown): Answer {
  return { status: 200, body: { statusCode, type, value } };
}

/** Replaces the clicked card, for the person who clicked. */
export function cardAnswer(content: CardContent): Answer {
  return actionAnswer(200, CARD, content.card);
}

/** Shows the refusal and keeps the card. */
export function refusalAnswer(text: Text, refusal: Refusal): Answer {
  return messageAnswer(refusalText(text, refusal));
}

/** Shows a sentence and keeps the card. */
export function messageAnswer(text: string): Answer {
  return actionAnswer(200, 'application/vnd.microsoft.activity.message', text);
}

/** The client sent invalid data (400), or the service failed (500). */
export function errorAnswer(
  text: Text,
  statusCode: 400 | 500,
  code: InvalidCode | 'internal_error',
): Answer {
  const message = text.answers.errors[code];
  return actionAnswer(statusCode, 'application/vnd.microsoft.error', { code, message });
}

/** The single sign-on token was refused, and there is no other way to sign in. */
export function preconditionAnswer(message: string): Answer {
  return actionAnswer(412, 'application/vnd.microsoft.error.preconditionFailed', {
    code: '412',
    message,
  });
}

/**
 * A login request: the client signs the person in and sends the action again. It does so silently
 * with a token for `exchange.uri`, or by the button's page, which ends with a code. After a failed
 * exchange, `exchange` is null (learn.microsoft.com, "SSO for Adaptive Cards Universal Actions").
 */
export function loginAnswer(
  { answers }: Text,
  login: {
    connectionName: string;
    exchange: { id: string; uri: string } | null;
    link: string | null;
  },
): Answer {
  const title = answers.signIn;
  return actionAnswer(401, 'application/vnd.microsoft.activity.loginRequest', {
    text: answers.signInWhy,
    connectionName: login.connectionName,
    ...(login.exchange === null ? {} : { tokenExchangeResource: login.exchange }),
    buttons: login.link === null ? [] : [{ type: 'signin', title, text: title, value: login.link }],
  });
}

/** Opens a dialog, or replaces the card in it. */
export function dialogAnswer(
  text: Text,
  card: Readonly<Record<string, unknown>>,
  height: 'small' | 'medium' = 'medium',
): Answer {
  const value = {
    title: text.answers.dialogTitle,
    height,
    width: 'medium',
    card: { contentType: CARD, content: card },
  };
  return { status: 200, body: { task: { type: 'continue', value } } };
}

/** Closes a dialog with a sentence. */
export function dialogMessage(text: string): Answer {
  return { status: 200, body: { task: { type: 'message', value: text } } };
}
