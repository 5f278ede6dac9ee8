import { byId, h } from './dom.js';
import { clockTime, previewOf } from './format.js';
import { icon, mark } from './icons.js';

const SECTIONS = [
  ['personal', 'Chats'],
  ['channel', 'Channels'],
];

/**
 * The list of a person's chats with the last message and the number of unread ones.
 * @param {{ onPick: (id: string) => void }} options
 * @returns {{ draw: (state: object) => void }} `state.last` and `state.unread` are by chat id
 */
export function chatList({ onPick }) {
  const body = h('div', { class: 'chat-sections' });
  byId('list-pane').replaceChildren(h('header', { class: 'pane-head' }, h('h2', {}, 'Chat')), body);

  function draw(state) {
    const focused = document.activeElement?.dataset?.chat;
    body.replaceChildren(
      ...SECTIONS.flatMap(([kind, title]) => {
        const chats = state.chats.filter((chat) => chat.kind === kind);
        if (chats.length === 0) return [];
        return [
          h(
            'section',
            {},
            h('h3', { class: 'section-title' }, title),
            h('ul', {}, ...chats.map((chat) => h('li', {}, item(chat, state)))),
          ),
        ];
      }),
    );
    if (focused) body.querySelector(`[data-chat="${CSS.escape(focused)}"]`)?.focus();
  }

  function item(chat, { chatId, last, unread }) {
    const message = last.get(chat.id);
    const count = unread.get(chat.id) ?? 0;
    const channel = chat.kind === 'channel';
    return h(
      'button',
      {
        type: 'button',
        class: count ? 'chat-item has-unread' : 'chat-item',
        dataset: { chat: chat.id },
        'aria-current': chat.id === chatId ? 'true' : false,
        onclick: () => onPick(chat.id),
      },
      channel
        ? h('span', { class: 'avatar channel' }, icon('channel'))
        : h('span', { class: 'avatar bot' }, mark(36)),
      h(
        'span',
        { class: 'chat-item-text' },
        h(
          'span',
          { class: 'chat-item-top' },
          h('span', { class: 'chat-item-name' }, chat.title),
          message && h('time', { datetime: message.at }, clockTime(message.at)),
        ),
        h(
          'span',
          { class: 'chat-item-preview' },
          message ? previewOf(message) : (chat.team ?? 'Nothing here yet'),
        ),
      ),
      count > 0 && h('span', { class: 'badge', 'aria-label': `${count} new` }, String(count)),
    );
  }
  return { draw };
}
