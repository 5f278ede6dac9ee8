import type { WebReply } from '../usecases/ports/ports.ts';
import { escapeHtml } from './html.ts';
import { renderPage } from './page.ts';

const TICK =
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.6" ' +
  'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M5 12.8l4.6 4.6L19 ' +
  '7.6"/></svg>';
const CROSS =
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.6" ' +
  'stroke-linecap="round" aria-hidden="true"><path d="M7 7l10 10M17 7L7 17"/></svg>';

/** The page that a link opens: it uses nothing up, its button does. */
export function startPage({ link, nonce }: { link: string; nonce: string }): WebReply {
  const action = `/auth/start?link=${encodeURIComponent(link)}`;
  return renderPage({
    status: 200,
    title: 'Sign in',
    nonce,
    scripts: ['sign-in-start.js'],
    // The way leads on to the identity provider and, from there, to any that it trusts.
    formAction: '*',
    main: `<h1>Sign in to show that it is you</h1>
<p>You go on to the sign-in of your organization.</p>
<form method="post" action="${escapeHtml(action)}">
<div class="row"><button type="submit">Continue</button></div>
</form>`,
  });
}

/** The page after a good sign-in: its code goes to Teams by itself, and can be typed. */
export function resultPage(options: {
  code: string;
  setCookie: string;
  nonce: string;
  /** Origins that may have opened the window (local profile only). */
  openers: readonly string[];
}): WebReply {
  const { code, setCookie, nonce, openers } = options;
  return renderPage({
    status: 200,
    title: 'Signed in',
    nonce,
    setCookie,
    data: { code, opener: openers.join(' ') },
    scripts: ['teams.js', 'sign-in.js'],
    main: `<div class="mark">${TICK}</div>
<h1>You are signed in</h1>
<p id="hint" role="status">Go back to Teams: what you were doing continues there.</p>
<div class="code">
<p>If Teams asks for a code, this is it. It is good once, for you alone, for ten minutes.</p>
<div class="row"><output>${grouped(code)}</output>
<button type="button" id="copy">Copy</button></div>
</div>`,
  });
}

/** The page of a sign-in that came to nothing: why, and what to do. */
export function refusedPage(options: {
  status: number;
  code: string;
  message: string;
  nonce: string;
}): WebReply {
  const { status, code, message, nonce } = options;
  return renderPage({
    status,
    title: 'Not signed in',
    nonce,
    main: `<div class="mark bad">${CROSS}</div>
<h1>You are not signed in</h1>
<p>${escapeHtml(message)}</p>
<p class="small">Code: <code>${escapeHtml(code)}</code></p>`,
  });
}

/** Groups of four are typed with fewer slips; the gap is no character, so that a copy has none. */
function grouped(code: string): string {
  const groups = code.match(/.{1,4}/gs) ?? [];
  return groups.map((group) => `<span>${escapeHtml(group)}</span>`).join('');
}
