import { cardView } from './card-view.js';
import { h, iconButton } from './dom.js';
import { icon, mark } from './icons.js';
import { notices, perform } from './notices.js';
import { toast } from './toasts.js';

/**
 * Opens a dialog (what Teams calls a task module) with a card in it, until it is closed or the bot
 * says that it is done.
 * @param {{ title: string, card: object,
 *   submit: (pressed: { action: object, inputs: object }, state?: string) => Promise<object>
 *   }} options `submit` sends the pressed button; a card that comes back takes the place of the one
 *   that is shown
 */
export function openDialog({ title, card, submit }) {
  const notes = notices();
  const place = h('div', { class: 'dialog-card' });
  const heading = h('h2', {}, title);
  const dialog = h(
    'dialog',
    { class: 'task', 'aria-label': title },
    h(
      'header',
      { class: 'task-head' },
      h('span', { class: 'task-mark' }, mark(24)),
      heading,
      iconButton({ label: 'Close', icon: icon('close'), onclick: () => dialog.close() }),
    ),
    h('div', { class: 'task-body' }, place, notes.element),
  );

  function show(json) {
    const view = cardView(
      json,
      (pressed) =>
        perform({
          notes,
          busy: view.setBusy,
          done,
          run: (state) => submit(pressed, state),
        }),
      'dialog',
    );
    place.replaceChildren(view.element);
  }
  function done(result) {
    if (result.kind === 'dialog' || result.kind === 'card') {
      heading.textContent = result.title || heading.textContent;
      show(result.card);
    } else {
      dialog.close();
      if (result.kind === 'message') toast(result.text);
    }
  }
  show(card);
  present(dialog);
}

/**
 * Shows a modal dialog and takes it out of the page when it closes; a click beside it closes it.
 * @param {HTMLElement} dialog
 */
export function present(dialog) {
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('pointerdown', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector('input, select, textarea')?.focus();
}
