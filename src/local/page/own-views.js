const MAX_KEPT = 200;
const CARD_TYPE = 'application/vnd.microsoft.card.adaptive';
const kept = new Map();

/**
 * The cards of a message.
 * @param {{ attachments: readonly { contentType: string, content: object }[] }} message
 * @returns {any[]}
 */
export function cardsOf(message) {
  return message.attachments
    .filter((one) => one.contentType === CARD_TYPE)
    .map((one) => one.content);
}

/**
 * The first card of a message, if it has one.
 * @param {{ attachments: readonly { contentType: string, content: object }[] }} message
 * @returns {any}
 */
export function cardOf(message) {
  return cardsOf(message)[0];
}

/**
 * A message with a personal view in place of its card.
 * @param {object} message
 * @param {object | null} card null: the unchanged message
 * @returns {object}
 */
export function withCard(message, card) {
  if (!card) return message;
  const base = cardOf(message);
  const attachments = message.attachments.map((one) =>
    one.content === base ? { ...one, content: card } : one,
  );
  return { ...message, attachments };
}

/**
 * Stores the personal view of a message's card, for the time when the chat is opened again.
 * @param {string} key person and message
 * @param {{ base: object, card: object | null }} view `base` is the message for everybody
 */
export function keepView(key, view) {
  kept.delete(key);
  kept.set(key, view);
  if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value);
}

/**
 * The stored view, unless the message has changed.
 * @param {string} key person and message
 * @param {object} message as the server sends it now, with or without the view in it
 * @returns {{ base: object, card: object | null } | undefined}
 */
export function recallView(key, message) {
  const view = kept.get(key);
  return view && isOf(view, message) ? view : undefined;
}

/**
 * Whether a message is the same revision, with the card for everybody or with the view.
 * @param {{ base: object, card: object | null }} view
 * @param {object} message
 * @returns {boolean}
 */
export function isOf({ base, card }, message) {
  const current = JSON.stringify(message);
  return current === JSON.stringify(base) || current === JSON.stringify(withCard(base, card));
}
