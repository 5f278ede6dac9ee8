import { isJsonObject } from '../lib/strict-json.ts';
import { sleep } from '../lib/loop.ts';
import type { Json, Message } from './world.ts';

/** The first Action.Execute with this verb in a card. */
export function actionOf(card: unknown, verb: string): Json | undefined {
  if (Array.isArray(card)) {
    for (const item of card) {
      const found = actionOf(item, verb);
      if (found) return found;
    }
    return undefined;
  }
  if (!isJsonObject(card)) return undefined;
  if (card['type'] === 'Action.Execute' && card['verb'] === verb) return card;
  for (const [key, member] of Object.entries(card)) {
    const found = key === 'refresh' || key === 'fallback' ? undefined : actionOf(member, verb);
    if (found) return found;
  }
  return undefined;
}

/** The text of a card, one line an element. */
export function textOfCard(card: unknown): string {
  const lines: string[] = [];
  const walk = (value: unknown) => {
    if (Array.isArray(value)) value.forEach(walk);
    if (!isJsonObject(value)) return;
    for (const key of ['text', 'title', 'value', 'label', 'placeholder']) {
      const text = value[key];
      if (typeof text === 'string') lines.push(text);
    }
    Object.entries(value).forEach(([key, member]) => {
      if (key !== 'refresh' && key !== 'fallback' && key !== 'data') walk(member);
    });
  };
  walk(card);
  return lines.join('\n');
}

/** Content type of an Adaptive Card. */
export const CARD = 'application/vnd.microsoft.card.adaptive';

/** The Adaptive Card of a message. */
export function cardOf(message: Message | undefined): Json | undefined {
  return message?.attachments.find(({ contentType }) => contentType === CARD)?.content;
}

/** Polls every 20 ms until there is an answer; throws with `what` after `withinMs`. */
export async function eventually<Value>(
  what: string,
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
  withinMs = 60_000,
): Promise<Value> {
  for (let waitedMs = 0; waitedMs <= withinMs; waitedMs += 20) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await sleep(20);
  }
  throw new Error(`waited ${withinMs} ms in vain: ${what}`);
}
