const TONES = 8;

/**
 * The initials of an avatar: those of the first and the last name.
 * @param {string} name
 * @returns {string}
 */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const last = words.length > 1 ? words[words.length - 1] : '';
  return `${words[0]?.[0] ?? '?'}${last[0] ?? ''}`.toUpperCase();
}

/**
 * A constant colour for a person.
 * @param {readonly { id: string }[]} people in their order
 * @param {string} id
 * @returns {number} 0 to 7
 */
export function toneOf(people, id) {
  return (
    Math.max(
      0,
      people.findIndex((person) => person.id === id),
    ) % TONES
  );
}

/**
 * Formats the time of day in the reader's locale.
 * @param {string} at RFC 3339
 * @returns {string}
 */
export function clockTime(at) {
  return new Date(at).toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' });
}

/**
 * Formats the day of a divider between messages.
 * @param {string} at RFC 3339
 * @param {Date} today
 * @returns {string} "Today", or the date in words
 */
export function dayName(at, today) {
  const day = new Date(at);
  if (day.toDateString() === today.toDateString()) return 'Today';
  return day.toLocaleDateString(undefined, { weekday: 'long', month: 'long', day: 'numeric' });
}

/**
 * The line of a message in the chat list.
 * @param {{ text?: string, attachments: readonly { content: object }[] }} message
 * @returns {string}
 */
export function previewOf(message) {
  if (message.text) return plain(message.text);
  const card = message.attachments[0]?.content;
  return card ? headline(card) : '';
}

/**
 * The title of a card: its largest text, else its first.
 * @param {any} card
 * @returns {string}
 */
export function headline(card) {
  const texts = textBlocks(card.body ?? [], 0);
  const large = texts.find((block) => /large/i.test(block.size ?? ''));
  return plain((large ?? texts[0])?.text || card.fallbackText || 'Card');
}

function textBlocks(elements, depth) {
  if (depth > 8 || !Array.isArray(elements)) return [];
  return elements.flatMap((element) => [
    ...(element?.type === 'TextBlock' ? [element] : []),
    ...(element?.type === 'RichTextBlock' ? [richText(element)] : []),
    ...textBlocks(element?.items ?? element?.columns ?? [], depth + 1),
  ]);
}

function richText({ inlines }) {
  const runs = Array.isArray(inlines) ? inlines : [];
  const text = runs.map((run) => (typeof run === 'string' ? run : (run?.text ?? ''))).join('');
  return { text, size: runs[0]?.size };
}

function plain(text) {
  return String(text)
    .replace(/<\/?at>/g, '')
    .replace(/\\(.)|[*_`]/g, '$1')
    .trim()
    .slice(0, 160);
}
