import { h, iconButton } from './dom.js';
import { icon } from './icons.js';
import { isWebAddress } from './card-view.js';

const MAX_CODE_CHARS = 200;

/**
 * The bar for a sign-in: a button that opens the sign-in page in a popup, and a box for its code.
 * The code is also accepted by `postMessage({ countersignCode })`, from that page's origin alone.
 * The page behind a link opens once, so the button asks for a new link the next time.
 * @param {{ url: string, text: string, begin: boolean, onCode: (code: string) => void,
 *   onAgain: () => void, onClose: () => void }} options `begin` opens the page at once, for the
 *   press that asked for this link
 * @returns {HTMLElement}
 */
export function signInBar({ url, text, begin, onCode, onAgain, onClose }) {
  const origin = isWebAddress(url) ? new URL(url).origin : null;
  const waiting = h(
    'span',
    { class: 'sign-in-wait', hidden: true },
    'Waiting for the sign-in page…',
  );
  const code = codeInput();
  const button = openButton({ onclick: open, disabled: origin === null });
  const bar = h('div', { class: 'notice sign-in', role: 'group', 'aria-label': 'Sign in' });

  function heard(event) {
    if (!bar.isConnected) window.removeEventListener('message', heard);
    else if (event.origin === origin) take(event.data?.countersignCode);
  }
  function take(value) {
    if (typeof value !== 'string' || value === '' || value.length > MAX_CODE_CHARS) return;
    window.removeEventListener('message', heard);
    onCode(value);
  }
  function open() {
    if (!waiting.hidden) return onAgain();
    window.open(url, 'countersign-sign-in', 'popup,width=520,height=700');
    waiting.hidden = false;
    button.textContent = 'Begin again';
  }
  window.addEventListener('message', heard);
  bar.append(
    h('span', { class: 'notice-icon' }, icon('key', 18)),
    h(
      'div',
      { class: 'notice-body' },
      h('p', {}, text),
      h('div', { class: 'sign-in-row' }, button, codeForm(code, take)),
      waiting,
    ),
    iconButton({ label: 'Not now', icon: icon('close', 16), onclick: onClose }),
  );
  if (begin && origin !== null) open();
  return bar;
}

function openButton({ onclick, disabled }) {
  return h('button', { type: 'button', class: 'button primary', onclick, disabled }, 'Sign in');
}

function codeInput() {
  return h('input', {
    type: 'text',
    class: 'code-input',
    placeholder: 'Paste code',
    'aria-label': 'Sign-in code',
    autocomplete: 'one-time-code',
    maxlength: MAX_CODE_CHARS,
    spellcheck: 'false',
  });
}

function codeForm(code, onCode) {
  const onsubmit = (event) => {
    event.preventDefault();
    onCode(code.value.trim());
  };
  const button = h('button', { type: 'submit', class: 'button' }, 'Continue');
  return h('form', { class: 'code-form', onsubmit }, h('span', {}, 'or'), code, button);
}
