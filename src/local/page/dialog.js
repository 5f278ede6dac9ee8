import { cardView } from './card-view.js';
import { h, iconButton } from './dom.js';
import { icon, mark } from './icons.js';
import { notices, perform } from './notices.js';
import { toast } from './toasts.js';

/**
 * Opens a dialog (a task module of Teams) with a card, until the user or the bot closes it.
 * @param {{ title: string, card: object,
 *   submit: (pressed: { action: object, inputs: object }, state?: string) => Promise<object>
 *   }} options `submit` sends the pressed button; a returned card replaces the shown one
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
      focusFirst(dialog);
    } else {
      dialog.close();
      if (result.kind === 'message') toast(result.text);
    }
  }
  show(card);
  present(dialog);
}

/**
 * Shows a modal dialog, closes it at a click outside, and removes it when it closes.
 * @param {HTMLElement} dialog
 */
export function present(dialog) {
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('pointerdown', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  focusFirst(dialog);
}

/** Focuses the first input, or the button that closes the dialog. */
function focusFirst(dialog) {
  (dialog.querySelector('input, select, textarea') ?? dialog.querySelector('button'))?.focus();
}
