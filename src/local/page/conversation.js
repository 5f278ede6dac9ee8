import { byId, h, iconButton } from './dom.js';
import { dayName } from './format.js';
import { icon, mark } from './icons.js';
import { MessageView } from './message-view.js';

const GROUP_MS = 5 * 60_000;
const NEAR_BOTTOM_PX = 120;

/** The messages of one chat, the newest at the bottom. */
export class Conversation {
  #views = new Map();
  #context = null;
  #list = h('div', { class: 'messages', role: 'log', 'aria-label': 'Messages' });
  #scroller = h('div', { class: 'scroller', tabindex: '0', 'aria-label': 'Messages' });
  #head = h('header', { class: 'chat-head' });
  #lost = h('p', { class: 'lost', role: 'status', hidden: true }, 'Connection lost. Trying again…');
  #typing = h('div', { class: 'typing', hidden: true });
  #newer;
  #pinned = true;
  #seen = new IntersectionObserver((entries) => this.#shown(entries));
  #options;

  /**
   * @param {{ composer: HTMLElement, onBack: () => void,
   *   emptyState: (context: object) => Node }} options
   */
  constructor(options) {
    this.#options = options;
    this.#newer = h(
      'button',
      {
        type: 'button',
        class: 'newer',
        hidden: true,
        onclick: () => this.#toBottom(true),
      },
      icon('down', 16),
      'New messages',
    );
    this.#typing.append(
      h('span', { class: 'avatar bot small' }, mark(24)),
      h(
        'span',
        { class: 'dots', role: 'img', 'aria-label': 'Countersign is typing' },
        h('i'),
        h('i'),
        h('i'),
      ),
    );
    this.#scroller.append(this.#list);
    this.#scroller.addEventListener(
      'scroll',
      () => {
        this.#pinned = this.#nearBottom();
        if (this.#pinned) this.#newer.hidden = true;
      },
      { passive: true },
    );
    // Cards may grow later (a personal view, an expanded form): at the bottom, keep the end of the
    // newest message visible.
    new ResizeObserver(() => {
      if (this.#pinned) this.#toBottom(false);
    }).observe(this.#list);
    byId('conversation').replaceChildren(
      this.#head,
      this.#lost,
      this.#scroller,
      h('div', { class: 'newer-place' }, this.#newer),
      options.composer,
    );
  }

  /**
   * Shows another chat, or the same one for another person.
   * @param {{ me: object, people: object[], chat: object }} context
   */
  open(context) {
    this.#context = context;
    this.#views.clear();
    this.#seen.disconnect();
    this.#list.replaceChildren();
    this.#pinned = true;
    this.typing(false);
    this.#drawHead();
  }

  /** @returns {Map<string, number>} the revision of each shown message */
  snapshot() {
    return new Map([...this.#views].map(([id, view]) => [id, view.revision]));
  }

  /**
   * Replaces the messages of the chat by those of an answer.
   * @param {object[]} messages
   * @param {Map<string, number>} before the snapshot before the query: messages that a live event
   *   added or changed since then are newer and remain
   */
  load(messages, before) {
    const first = this.#views.size === 0;
    const ids = new Set(messages.map((message) => message.id));
    for (const id of before.keys()) if (!ids.has(id)) this.#drop(id);
    for (const message of messages) {
      const known = this.#views.get(message.id);
      if (!known || known.revision === before.get(message.id)) this.#put(message);
    }
    this.#arrange();
    if (first) this.#toBottom(false);
  }

  /**
   * Applies a live event of this chat.
   * @param {{ type: string, message: object }} event
   */
  take({ type, message }) {
    const stay = this.#pinned;
    const mine = message.from.id === this.#context.me.mri;
    const isNew = !this.#views.has(message.id);
    if (type === 'delete') this.#drop(message.id);
    else this.#put(message);
    if (message.from.bot) this.typing(false);
    this.#arrange();
    if (isNew && type !== 'delete') this.#views.get(message.id)?.element.classList.add('is-new');
    if (stay || mine) this.#toBottom(true);
    else if (isNew) this.#newer.hidden = false;
  }

  /** @param {boolean} on whether the bot is typing */
  typing(on) {
    this.#typing.hidden = !on;
    if (on) this.#toBottom(true);
  }

  /** @param {boolean} lost whether the live connection is lost */
  connection(lost) {
    this.#lost.hidden = !lost;
  }

  #put(message) {
    const known = this.#views.get(message.id);
    if (known) {
      known.update(message);
      return;
    }
    const view = new MessageView(message, this.#context);
    this.#views.set(message.id, view);
    this.#seen.observe(view.element);
  }

  #drop(id) {
    const view = this.#views.get(id);
    if (view) this.#seen.unobserve(view.element);
    view?.element.remove();
    this.#views.delete(id);
  }

  #shown(entries) {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) this.#views.get(target.dataset.id)?.refresh();
    }
  }

  /** Orders messages: by thread, with day dividers, and grouped by author. */
  #arrange() {
    const messages = threaded([...this.#views.values()].map((view) => view.message));
    const today = new Date();
    const wanted = [];
    let before = null;
    let shownDay = null;
    for (const { message, reply } of messages) {
      const { element } = this.#views.get(message.id);
      const day = dayName(message.at, today);
      const newDay = !reply && day !== shownDay;
      if (newDay) {
        wanted.push(this.#divider(day));
        shownDay = day;
      }
      const grouped =
        !newDay && before !== null && before.reply === reply && continues(before.message, message);
      element.classList.toggle('grouped', grouped);
      element.classList.toggle('reply', reply);
      wanted.push(element);
      before = { message, reply };
    }
    if (messages.length === 0) wanted.push(this.#options.emptyState(this.#context));
    wanted.push(this.#typing);
    this.#place(wanted);
  }

  // Moves only misplaced elements, so that focus and typed text are kept.
  #place(wanted) {
    const keep = new Set(wanted);
    for (const child of [...this.#list.children]) if (!keep.has(child)) child.remove();
    wanted.forEach((element, index) => {
      const there = this.#list.children[index];
      if (there !== element) this.#list.insertBefore(element, there ?? null);
    });
  }

  #divider(day) {
    const there = [...this.#list.children].find(
      (child) => child.classList.contains('day') && child.textContent === day,
    );
    return there ?? h('div', { class: 'day' }, h('span', {}, day));
  }

  #drawHead() {
    const { chat, people } = this.#context;
    const channel = chat.kind === 'channel';
    this.#head.replaceChildren(
      iconButton({
        label: 'Back to chats',
        icon: icon('back'),
        className: 'icon-button back',
        onclick: this.#options.onBack,
      }),
      channel
        ? h('span', { class: 'avatar channel' }, icon('channel'))
        : h(
            'span',
            {
              class: 'avatar bot',
            },
            mark(36),
          ),
      h(
        'div',
        { class: 'chat-name' },
        h('h1', {}, chat.title),
        h(
          'p',
          { class: 'muted' },
          channel
            ? `${chat.team ?? 'Team'} · ${people.length} people and Countersign`
            : 'Your personal chat with the bot',
        ),
      ),
    );
  }

  #nearBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
  }

  #toBottom(smooth) {
    this.#newer.hidden = true;
    this.#pinned = true;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    requestAnimationFrame(() =>
      this.#scroller.scrollTo({
        top: this.#scroller.scrollHeight,
        behavior: smooth && !calm ? 'smooth' : 'instant',
      }),
    );
  }
}

/** Sorts oldest first, with the replies of a thread below its first message. */
function threaded(messages) {
  const known = new Map(messages.map((message) => [message.id, message]));
  return messages
    .map((message) => {
      const root = known.get(message.threadId) ?? message;
      return { message, reply: root !== message, order: [root.at, root.id, root !== message] };
    })
    .sort((one, two) => {
      const [at, id, reply] = one.order;
      const [otherAt, otherId, otherReply] = two.order;
      return (
        compare(at, otherAt) ||
        compare(id, otherId) ||
        compare(reply, otherReply) ||
        compare(one.message.at, two.message.at)
      );
    });
}

function compare(one, two) {
  if (one === two) return 0;
  return one < two ? -1 : 1;
}

function continues(before, message) {
  return (
    before.from.id === message.from.id &&
    message.attachments.length === 0 &&
    Date.parse(message.at) - Date.parse(before.at) < GROUP_MS
  );
}
