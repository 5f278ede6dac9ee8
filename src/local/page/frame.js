import { byId, h, iconButton } from './dom.js';
import { initials, toneOf } from './format.js';
import { icon, mark } from './icons.js';
import { themeSwitch } from './theme.js';

/**
 * The top bar and the side bar.
 * @param {{ onAbout: () => void, onPeople: () => void, onRequest: () => void,
 *   onChats: () => void }} options
 * @returns {{ draw: (state: object) => void }}
 */
export function frame({ onAbout, onPeople, onRequest, onChats }) {
  const me = h('button', { type: 'button', class: 'me', onclick: onPeople });
  const title = h('span', { class: 'top-title' });
  byId('top').replaceChildren(
    mark(24),
    title,
    h('span', { class: 'tag' }, 'Local profile'),
    h('span', { class: 'grow' }),
    h(
      'button',
      { type: 'button', class: 'button quiet what', onclick: onAbout },
      icon('info', 18),
      h('span', {}, 'What is this?'),
    ),
    themeSwitch(),
    me,
  );
  byId('rail').replaceChildren(
    railItem('chat', 'Chat', onChats, true),
    railItem('plus', 'Request', onRequest),
    railItem('people', 'People', onPeople),
    h('span', { class: 'grow' }),
    railItem('info', 'About', onAbout),
  );

  function draw(state) {
    title.textContent = state.title;
    document.title = `${state.me.name} · ${state.title}`;
    me.setAttribute('aria-label', `You act as ${state.me.name}. Switch person`);
    me.title = 'Switch person';
    me.replaceChildren(
      h('span', { class: 'me-name' }, state.me.name),
      h(
        'span',
        { class: `avatar small tone-${toneOf(state.people, state.me.id)}` },
        initials(state.me.name),
      ),
    );
  }
  return { draw };
}

function railItem(name, label, onclick, current = false) {
  const button = iconButton({
    label,
    icon: icon(name, 22),
    className: current ? 'rail-item is-current' : 'rail-item',
    onclick,
  });
  button.append(h('span', { class: 'rail-label', 'aria-hidden': 'true' }, label));
  return button;
}
