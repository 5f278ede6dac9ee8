import { announce, h, iconButton } from './dom.js';
import { icon } from './icons.js';
import { signInBar } from './sign-in-bar.js';

const ICONS = { bad: 'blocked', info: 'info', good: 'check' };

/**
 * The area below a card or in a dialog that shows the bot's answers, one at a time.
 * @returns {{ element: HTMLElement, clear: () => void, error: (code: string, text: string) => void,
 *   info: (text: string) => void, signIn: (options: { url: string, text: string,
 *   begin: boolean, onCode: (code: string) => void, onAgain: () => void }) => void }}
 */
export function notices() {
  const element = h('div', { class: 'notices' });
  const clear = () => element.replaceChildren();
  function show(kind, text, code) {
    const role = kind === 'bad' ? 'alert' : 'status';
    element.replaceChildren(
      h(
        'div',
        { class: `notice ${kind}`, role },
        h('span', { class: 'notice-icon' }, icon(ICONS[kind], 18)),
        h(
          'div',
          { class: 'notice-body' },
          h('p', {}, text),
          code && h('code', { class: 'code-chip', title: 'The code of this refusal' }, code),
        ),
        iconButton({ label: 'Dismiss', icon: icon('close', 16), onclick: clear }),
      ),
    );
    bringIntoView();
  }
  function bringIntoView() {
    element.scrollIntoView({ block: 'nearest' });
  }
  return {
    element,
    clear,
    error: (code, text) => show('bad', text, code),
    info: (text) => show('info', text),
    signIn: (options) => {
      element.replaceChildren(signInBar({ ...options, onClose: clear }));
      announce(options.text);
      bringIntoView();
      element.querySelector('button')?.focus({ preventScroll: true });
    },
  };
}

/**
 * Runs an action that the bot answers, with a sign-in if the bot asks for it.
 * @param {{ notes: ReturnType<typeof notices>, busy: (on: boolean) => void,
 *   run: (state?: string) => Promise<object>, done: (result: object) => void,
 *   begin?: boolean }} options `run` is
 *   repeated with the code of the sign-in page; `done` gets cards, dialogs, messages and
 *   empty results; `begin` opens the sign-in page without another press
 * @param {string} [state]
 */
export async function perform(options, state) {
  const { notes, busy, run, done } = options;
  notes.clear();
  busy(true);
  let result;
  try {
    result = await run(state);
  } catch (error) {
    result = { kind: 'error', code: error.code ?? 'failed', text: error.message };
  }
  busy(false);
  if (result?.kind === 'error') {
    notes.error(result.code, result.text);
  } else if (result?.kind === 'signIn') {
    notes.signIn({
      ...result,
      begin: options.begin === true,
      onCode: (code) => perform({ ...options, begin: false }, code),
      onAgain: () => perform({ ...options, begin: true }),
    });
  } else {
    done(result ?? { kind: 'none' });
  }
}
