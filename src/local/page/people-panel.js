import { byId, h, iconButton } from './dom.js';
import { initials, toneOf } from './format.js';
import { icon } from './icons.js';

/**
 * The panel to switch between the demo people, with hints what to try, and the client's settings.
 * @param {{ onPick: (id: string) => void, onClose: () => void,
 *   onSingleSignOn: (on: boolean) => void }} options
 * @returns {{ draw: (state: object) => void }}
 */
export function peoplePanel({ onPick, onClose, onSingleSignOn }) {
  const list = h('ul', { class: 'people' });
  const toggle = h(
    'button',
    {
      type: 'button',
      class: 'switch',
      role: 'switch',
      'aria-labelledby': 'sso-label',
      'aria-describedby': 'sso-hint',
      onclick: () => onSingleSignOn(toggle.getAttribute('aria-checked') !== 'true'),
    },
    h('span', { class: 'knob' }),
  );
  const hint = h('p', { class: 'muted', id: 'sso-hint' });
  byId('people-pane').replaceChildren(
    h(
      'header',
      { class: 'pane-head' },
      h(
        'div',
        {},
        h('h2', {}, 'Act as'),
        h('p', { class: 'muted' }, 'Everybody signs in for real.'),
      ),
      iconButton({
        label: 'Close',
        icon: icon('close'),
        className: 'icon-button drawer-only',
        onclick: onClose,
      }),
    ),
    list,
    h(
      'footer',
      { class: 'settings' },
      h(
        'div',
        { class: 'setting' },
        h('div', {}, h('h3', { id: 'sso-label' }, 'Single sign-on'), hint),
        toggle,
      ),
    ),
  );

  function draw({ me, people, settings }) {
    list.replaceChildren(...people.map((person) => row(person, { me, people, onPick })));
    toggle.setAttribute('aria-checked', String(settings.singleSignOn));
    hint.textContent = settings.singleSignOn
      ? 'This client hands the bot a token.'
      : 'The bot shows its sign-in button.';
  }
  return { draw };
}

function row(person, { me, people, onPick }) {
  const current = person.id === me.id;
  const link = new URL('/', location.href);
  link.searchParams.set('as', person.id);
  return h(
    'li',
    { class: current ? 'person is-current' : 'person' },
    h(
      'button',
      {
        type: 'button',
        class: 'person-pick',
        'aria-current': current ? 'true' : false,
        onclick: () => onPick(person.id),
      },
      h(
        'span',
        { class: `avatar tone-${toneOf(people, person.id)}`, 'aria-hidden': 'true' },
        initials(person.name),
      ),
      h(
        'span',
        { class: 'person-text' },
        h('span', { class: 'person-name' }, person.name),
        h('span', { class: 'person-title' }, person.title),
        h('span', { class: 'chips' }, ...chips(person)),
        h('span', { class: 'person-hint' }, person.hint),
      ),
    ),
    h(
      'a',
      {
        class: 'icon-button person-window',
        href: link.href,
        target: '_blank',
        rel: 'noopener',
        title: `Open as ${person.name} in a new tab`,
        'aria-label': `Open as ${person.name} in a new tab`,
      },
      icon('popout', 16),
    ),
  );
}

function chips(person) {
  if (person.roles.length === 0) return [h('span', { class: 'chip none' }, 'no role')];
  return person.roles.map((role) => h('span', { class: 'chip' }, role));
}
