import { choice, keep } from './choices.js';
import { h } from './dom.js';
import { icon } from './icons.js';

const THEMES = [
  { id: 'light', label: 'Light theme', icon: 'sun' },
  { id: 'dark', label: 'Dark theme', icon: 'moon' },
  { id: 'auto', label: 'Theme of the system', icon: 'auto' },
];
const system = matchMedia('(prefers-color-scheme: dark)');

/**
 * The buttons for the light, dark and system theme.
 * @returns {HTMLElement}
 */
export function themeSwitch() {
  let chosen = choice('theme') ?? 'auto';
  const buttons = THEMES.map((theme) =>
    h(
      'button',
      {
        type: 'button',
        class: 'segment',
        title: theme.label,
        'aria-label': theme.label,
        onclick: () => {
          chosen = theme.id;
          keep('theme', chosen);
          apply();
        },
      },
      icon(theme.icon, 16),
    ),
  );
  function apply() {
    const dark = chosen === 'dark' || (chosen !== 'light' && system.matches);
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    THEMES.forEach((theme, index) => {
      buttons[index].setAttribute('aria-pressed', String(theme.id === chosen));
    });
  }
  system.addEventListener('change', apply);
  apply();
  return h('div', { class: 'segments', role: 'group', 'aria-label': 'Theme' }, ...buttons);
}
