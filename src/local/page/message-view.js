import { post } from './api.js';
import { cardView } from './card-view.js';
import { openDialog } from './dialog.js';
import { announce, h } from './dom.js';
import { clockTime, headline, initials, toneOf } from './format.js';
import { mark } from './icons.js';
import { toHtml } from './markdown.js';
import { notices, perform } from './notices.js';
import { cardOf, cardsOf, isOf, keepView, recallView, withCard } from './own-views.js';

/**
 * A message on the page. It keeps the personal view of its card beside the card for everybody: the
 * answer to a click or a refresh is shown until the message is updated.
 */
export class MessageView {
  #context;
  #message;
  #revision = 0;
  #refreshed = -1;
  #ownCard = null;
  #notes = notices();
  #cards = h('div', { class: 'cards' });
  #bubble = h('div', { class: 'bubble' });
  #meta = h('span', { class: 'edited' });

  /**
   * @param {object} message
   * @param {{ me: object, people: object[], chat: object }} context the viewer, and the chat
   */
  constructor(message, context) {
    this.#context = context;
    const kept = recallView(this.#key(message), message);
    this.#message = kept?.base ?? message;
    this.#ownCard = kept?.card ?? null;
    if (kept) this.#refreshed = 0;
    // In a channel all messages are on the left, those of the viewer too.
    const mine = context.chat.kind === 'personal' && message.from.id === context.me.mri;
    const { from, at } = message;
    this.element = h(
      'article',
      {
        class: `message ${mine ? 'mine' : 'theirs'}`,
        dataset: { id: message.id },
      },
      avatarOf(from, context.people),
      h(
        'div',
        { class: 'message-main' },
        h(
          'header',
          { class: 'message-head' },
          h('span', { class: 'author' }, from.name),
          from.bot && h('span', { class: 'app-tag' }, 'App'),
          h('time', { datetime: at, title: new Date(at).toLocaleString() }, clockTime(at)),
          this.#meta,
        ),
        this.#bubble,
        this.#cards,
        this.#notes.element,
      ),
    );
    this.#draw(false);
  }

  /** @returns {object} the message as the server last sent it */
  get message() {
    return this.#message;
  }

  /** @returns {number} the number of changes while the message was shown */
  get revision() {
    return this.#revision;
  }

  /**
   * Applies a new revision of the message; ignores the same one.
   * @param {object} message
   */
  update(message) {
    if (isOf({ base: this.#message, card: this.#ownCard }, message)) return;
    this.#message = message;
    this.#revision += 1;
    // A viewer with a personal view keeps the old one until the new one arrives.
    if (this.#wantsRefresh()) {
      this.refresh();
      return;
    }
    this.#ownCard = null;
    this.#notes.clear();
    this.#draw(true);
  }

  /** Requests the viewer's personal view once for each revision, if the card names the viewer. */
  async refresh() {
    if (this.#refreshed === this.#revision || !this.#wantsRefresh()) return;
    const revision = this.#revision;
    this.#refreshed = revision;
    let card = null;
    try {
      ({ card } = await post('/api/refresh', this.#address()));
    } catch (error) {
      console.warn('The card could not be refreshed.', error);
    }
    if (revision !== this.#revision) return;
    this.#setOwn(card);
    if (card || revision > 0) this.#draw(revision > 0);
  }

  #wantsRefresh() {
    const userIds = cardOf(this.#message)?.refresh?.userIds;
    return Array.isArray(userIds) && userIds.includes(this.#context.me.mri);
  }

  #setOwn(card) {
    this.#ownCard = card;
    keepView(this.#key(this.#message), { base: this.#message, card });
  }

  #key(message) {
    return `${this.#context.me.id} ${message.chatId} ${message.id}`;
  }

  #address() {
    const { me, chat } = this.#context;
    return { as: me.id, chatId: chat.id, messageId: this.#message.id };
  }

  #draw(changed) {
    const { text, edited } = this.#message;
    this.#bubble.hidden = !text;
    // toHtml escapes everything but its own markup.
    this.#bubble.innerHTML = text ? toHtml(text) : '';
    this.#meta.textContent = edited ? 'Edited' : '';
    const shown = cardsOf(withCard(this.#message, this.#ownCard));
    const drawn = shown.map((json) => this.#card(json));
    // A pressed button is off while the app answers, and so has lost the focus.
    const hadFocus =
      this.#cards.contains(document.activeElement) ||
      this.#cards.querySelector('[aria-busy="true"]') !== null;
    this.#cards.replaceChildren(...drawn);
    if (!changed) return;
    for (const card of drawn) card.classList.add('is-updated');
    if (hadFocus) drawn[0]?.focus({ preventScroll: true });
    if (shown[0]) announce(`Card updated: ${headline(shown[0])}`);
  }

  #card(json) {
    const view = cardView(json, (pressed) => this.#press(view, pressed));
    return view.element;
  }

  #press(view, pressed) {
    const revision = this.#revision;
    const body = { ...this.#address(), ...pressed };
    return perform({
      notes: this.#notes,
      busy: view.setBusy,
      run: (state) => post('/api/click', state === undefined ? body : { ...body, state }),
      done: (result) => this.#done(result, revision),
    });
  }

  #done(result, revision) {
    if (result.kind === 'card') {
      // A revision posted in the meantime is newer than the answer to this click.
      if (revision === this.#revision) this.#showOwn(result.card);
    } else if (result.kind === 'message') {
      this.#notes.info(result.text);
    } else if (result.kind === 'dialog') {
      openDialog({
        title: result.title,
        card: result.card,
        submit: ({ action, inputs }, state) =>
          post('/api/click', {
            ...this.#address(),
            action,
            inputs,
            dialog: true,
            ...(state ? { state } : {}),
          }),
      });
    }
  }

  #showOwn(card) {
    this.#setOwn(card);
    this.#draw(true);
  }
}

function avatarOf(from, people) {
  if (from.bot) return h('span', { class: 'avatar bot' }, mark(32));
  const person = people.find((one) => one.mri === from.id);
  const tone = `tone-${toneOf(people, person?.id ?? '')}`;
  return h('span', { class: `avatar ${tone}`, 'aria-hidden': 'true' }, initials(from.name));
}
