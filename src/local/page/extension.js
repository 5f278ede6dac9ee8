import { openWebPage } from './card-view.js';
import { toast } from './toasts.js';

/**
 * Shows the bot's answer to the opened command.
 * @param {object} result a ClickResult
 * @param {{ open: (dialog: { title: string, card: object }) => void }} options shows a dialog
 */
export function extensionResult(result, { open }) {
  if (result?.kind === 'dialog') open(result);
  else if (result?.kind === 'card') open({ title: 'Countersign', card: result.card });
  else if (result?.kind === 'message') toast(result.text);
  else if (result?.kind === 'error') toast(`${result.text} (${result.code})`, 'bad');
  else if (result?.kind === 'signIn') {
    toast(result.text, 'bad');
    openWebPage(result.url);
  }
}
