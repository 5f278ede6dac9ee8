import { byId, h } from './dom.js';
import { icon } from './icons.js';

const SHOWN_MS = 5_000;
const MAX_TOASTS = 3;

/**
 * Shows a sentence for a few seconds.
 * @param {string} text
 * @param {'good' | 'bad'} [kind]
 */
export function toast(text, kind = 'good') {
  const place = byId('toasts');
  while (place.children.length >= MAX_TOASTS) place.firstChild.remove();
  const element = h(
    'div',
    { class: `toast ${kind}` },
    icon(kind === 'bad' ? 'alert' : 'check', 18),
    h('span', {}, text),
  );
  place.append(element);
  setTimeout(() => element.remove(), SHOWN_MS);
}
