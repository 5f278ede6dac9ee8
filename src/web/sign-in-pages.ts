import type { Text } from '../text/text.ts';
import type { WebReply } from '../usecases/ports/web-pages.ts';
import { escapeHtml, renderPage } from './page.ts';

const TICK =
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.6" ' +
  'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M5 12.8l4.6 4.6L19 ' +
  '7.6"/></svg>';
const CROSS =
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.6" ' +
  'stroke-linecap="round" aria-hidden="true"><path d="M7 7l10 10M17 7L7 17"/></svg>';

/** The inputs of every page. */
interface Common {
  readonly text: Text;
  readonly nonce: string;
}

/** The page of a link: only its button uses the link. */
export function startPage({ text, nonce, link }: Common & { link: string }): WebReply {
  const { title, heading, next, continue: goOn } = text.pages.signIn;
  const action = `/auth/start?link=${encodeURIComponent(link)}`;
  return renderPage({
    status: 200,
    text,
    title,
    nonce,
    scripts: ['sign-in-start.js'],
    // The identity provider may redirect to any provider that it trusts.
    formAction: '*',
    main: `<h1>${escapeHtml(heading)}</h1>
<p>${escapeHtml(next)}</p>
<form method="post" action="${escapeHtml(action)}">
<div class="row"><button type="submit">${escapeHtml(goOn)}</button></div>
</form>`,
  });
}

/** The page after a sign-in: its script sends the code to Teams, and people can type it. */
export function resultPage(
  options: Common & {
    code: string;
    setCookie: string;
    /** Origins that may have opened the window (local profile only). */
    openers: readonly string[];
  },
): WebReply {
  const { text, code, setCookie, nonce, openers } = options;
  const { signedIn } = text.pages;
  return renderPage({
    status: 200,
    text,
    title: signedIn.title,
    nonce,
    setCookie,
    data: {
      code,
      opener: openers.join(' '),
      copied: signedIn.copied,
      'copy-by-hand': signedIn.copyByHand,
      'close-window': signedIn.closeWindow,
      'teams-continues': signedIn.teamsContinues,
    },
    scripts: ['teams.js', 'sign-in.js'],
    main: `<div class="mark">${TICK}</div>
<h1>${escapeHtml(signedIn.heading)}</h1>
<p id="hint" role="status">${escapeHtml(signedIn.goBack)}</p>
<div class="code">
<p>${escapeHtml(signedIn.code)}</p>
<div class="row"><output>${grouped(code)}</output>
<button type="button" id="copy">${escapeHtml(signedIn.copy)}</button></div>
</div>`,
  });
}

/** The page of a failed sign-in: the reason and what to do. */
export function refusedPage(
  options: Common & { status: number; code: string; message: string },
): WebReply {
  const { text, status, code, message, nonce } = options;
  const { refused } = text.pages;
  return renderPage({
    status,
    text,
    title: refused.title,
    nonce,
    main: `<div class="mark bad">${CROSS}</div>
<h1>${escapeHtml(refused.heading)}</h1>
<p>${escapeHtml(message)}</p>
<p class="small">${escapeHtml(refused.code)} <code>${escapeHtml(code)}</code></p>`,
  });
}

/** Groups of four are easier to type. The gap is not a character, so a copy contains none. */
function grouped(code: string): string {
  const groups = code.match(/.{1,4}/gs) ?? [];
  return groups.map((group) => `<span>${escapeHtml(group)}</span>`).join('');
}
