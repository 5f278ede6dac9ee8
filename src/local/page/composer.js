import { h, iconButton } from './dom.js';
import { icon } from './icons.js';

const MAX_CHARS = 8_000;
const MAX_HEIGHT_PX = 160;

/**
 * The message box of a chat.
 * @param {{ onSend: (text: string) => Promise<boolean>, onRequest: () => void }} options `onSend`
 *   returns whether the text was sent; otherwise it remains in the box
 * @returns {{ element: HTMLElement, open: (chat: object) => void, offer: (text: string) => void }}
 */
export function composer({ onSend, onRequest }) {
  const mention = mentionPill();
  const text = h('textarea', {
    id: 'composer-text',
    rows: '1',
    maxlength: MAX_CHARS,
    'aria-label': 'Type a message',
    onkeydown: (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      send();
    },
    oninput: fit,
  });
  const sendButton = iconButton({
    label: 'Send',
    icon: icon('send'),
    className: 'icon-button send',
    title: 'Send (Enter)',
    onclick: send,
  });
  const box = h('div', { class: 'composer-box' }, mention, text, sendButton);
  const element = h('footer', { class: 'composer' }, requestButton(onRequest), box);

  function fit() {
    text.style.height = 'auto';
    text.style.height = `${Math.min(text.scrollHeight, MAX_HEIGHT_PX)}px`;
    sendButton.disabled = text.value.trim() === '';
  }
  async function send() {
    const said = text.value.trim();
    if (said === '') return;
    text.value = '';
    fit();
    if (!(await onSend(said)) && text.value === '') offer(said);
  }
  function offer(value) {
    text.value = value;
    fit();
    text.focus();
  }
  return {
    element,
    open(chat) {
      mention.hidden = chat.kind !== 'channel';
      text.placeholder = chat.kind === 'channel' ? 'Ask the bot' : 'Type a message';
      text.value = '';
      fit();
    },
    offer,
  };
}

function mentionPill() {
  return h(
    'span',
    {
      class: 'mention-pill',
      title: 'In a channel the bot hears only what mentions it',
      hidden: true,
    },
    '@Countersign',
  );
}

function requestButton(onclick) {
  return h(
    'button',
    { type: 'button', class: 'button request', onclick },
    icon('plus', 16),
    'Request',
  );
}
