/* global AdaptiveCards */
import { h } from './dom.js';
import { hostConfig } from './host-config.js';
import { toHtml } from './markdown.js';

const SENT = ['Action.Submit', 'Action.Execute'];
const PADDING_PX = { chat: 16, dialog: 24 };
let ready;

/** Sets the renderer up once: host configuration, our Markdown, complete action JSON. */
function looks() {
  if (!ready) {
    AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
      result.outputHtml = toHtml(text);
      result.didProcess = true;
    };
    AdaptiveCards.GlobalSettings.enableFullJsonRoundTrip = true;
    AdaptiveCards.GlobalSettings.setTabIndexAtCardRoot = false;
    ready = {
      chat: new AdaptiveCards.HostConfig(hostConfig(PADDING_PX.chat)),
      dialog: new AdaptiveCards.HostConfig(hostConfig(PADDING_PX.dialog)),
    };
  }
  return ready;
}

/**
 * Renders an Adaptive Card.
 * @param {object} json the card
 * @param {(pressed: { action: object, inputs: Record<string, string> }) => void} onAction a
 *   Submit or Execute was pressed and its inputs are valid
 * @param {'chat' | 'dialog'} [place] where the card is shown
 * @returns {{ element: HTMLElement, setBusy: (busy: boolean) => void }} `setBusy` turns the pressed
 *   button into a spinner and the others off
 */
export function cardView(json, onAction, place = 'chat') {
  const startsPlain = json?.body?.[0]?.bleed !== true;
  const element = h('div', { class: startsPlain ? 'card is-form' : 'card', tabindex: '-1' });
  let pressed = null;
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = looks()[place];
  card.onExecuteAction = (action) => {
    if (action instanceof AdaptiveCards.OpenUrlAction) {
      openWebPage(action.url);
      return;
    }
    // The renderer shows and hides by itself; only these two go to the app.
    if (!SENT.includes(action.getJsonTypeName())) return;
    if (element.getAttribute('aria-busy') === 'true') return;
    pressed = action.renderedElement ?? null;
    onAction({ action: action.toJSON(), inputs: inputsOf(action) });
  };
  draw(card, json, element);
  function setBusy(busy) {
    element.setAttribute('aria-busy', String(busy));
    for (const button of element.querySelectorAll('button')) button.disabled = busy;
    pressed?.classList.toggle('is-busy', busy);
    if (!busy) pressed?.focus({ preventScroll: true });
  }
  return { element, setBusy };
}

function draw(card, json, element) {
  try {
    card.parse(json);
    const drawn = card.render();
    if (!drawn) throw new Error('the card is empty');
    element.replaceChildren(drawn);
  } catch (error) {
    console.warn('A card could not be drawn.', error);
    const text = json?.fallbackText ?? 'This card could not be shown.';
    element.replaceChildren(h('p', { class: 'card-fallback' }, String(text)));
  }
}

/** The input values that this action sends, as strings. */
function inputsOf(action) {
  const values = {};
  for (const input of Object.values(action.getReferencedInputs?.() ?? {})) {
    if (input.id && input.isSet()) values[input.id] = String(input.value);
  }
  return values;
}

/**
 * Opens a web page in a new tab without opener and referrer.
 * @param {string} [url] ignored unless http or https
 */
export function openWebPage(url) {
  if (isWebAddress(url)) window.open(url, '_blank', 'noopener,noreferrer');
}

/**
 * Whether a URL is http or https, not a script, file or data URL.
 * @param {unknown} url
 * @returns {boolean}
 */
export function isWebAddress(url) {
  return (
    typeof url === 'string' &&
    URL.canParse(url) &&
    ['http:', 'https:'].includes(new URL(url).protocol)
  );
}
