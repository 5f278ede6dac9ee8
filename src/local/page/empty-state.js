import { h } from './dom.js';
import { icon, mark } from './icons.js';

/**
 * The content of an empty chat: its purpose and what to try first.
 * @param {{ me: object, chat: object }} context
 * @param {{ suggestions: string[], onSay: (text: string) => void, onRequest: () => void }} options
 * @returns {HTMLElement}
 */
export function emptyState({ me, chat }, { suggestions, onSay, onRequest }) {
  if (chat.kind === 'channel') {
    return hero(
      h('span', { class: 'hero-icon' }, icon('channel', 36)),
      'Nothing to decide yet',
      'Requests appear here as cards. As somebody who may ask, ' +
        `say: ${suggestions[0] ?? 'request'}`,
      [choice('plus', 'Make a request', 'Opens the form', onRequest)],
    );
  }
  const name = me.name.split(' ')[0];
  return hero(
    mark(56),
    `Hello ${name}, what needs a second signature?`,
    'Say it here or use the form. The right people get a card and decide with one click.',
    [
      ...suggestions.map((text) =>
        choice('chat', `Say: ${text}`, 'Puts it in the box below', () => onSay(text)),
      ),
      choice('plus', 'Fill in the form', 'The same as + Request', onRequest),
    ],
  );
}

function hero(picture, title, text, choices) {
  return h(
    'div',
    { class: 'empty' },
    picture,
    h('h2', {}, title),
    h('p', { class: 'muted' }, text),
    h('div', { class: 'choices' }, ...choices),
  );
}

function choice(name, title, hint, onclick) {
  return h(
    'button',
    { type: 'button', class: 'choice', onclick },
    h('span', { class: 'choice-icon' }, icon(name)),
    h('span', {}, h('strong', {}, title), h('small', { class: 'muted' }, hint)),
  );
}
