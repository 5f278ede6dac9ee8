/** The sign-in page of the local provider: pick a demo person. Plain HTML, no script. */
import { createHash } from 'node:crypto';
import type { Person } from '../world.ts';

const STYLE = `
:root{color-scheme:light dark;--back:#f3f4f8;--card:#fff;--ink:#1d2030;--soft:#5c6178;
--line:#dfe2ec;--mark:#4f52b2;--on:#fff;--hover:#eef0fb}
@media(prefers-color-scheme:dark){:root{--back:#14151c;--card:#1f212b;--ink:#f1f2f8;
--soft:#a5aac0;--line:#343746;--mark:#8b8ff0;--on:#14151c;--hover:#292c3a}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;
padding:24px;background:var(--back);color:var(--ink);
font:15px/1.45 "Segoe UI",system-ui,-apple-system,Roboto,sans-serif}
main{width:100%;max-width:440px;background:var(--card);border:1px solid var(--line);
border-radius:14px;padding:28px;box-shadow:0 12px 40px rgb(20 22 40/.12)}
.brand{display:flex;align-items:center;gap:10px;color:var(--soft);font-weight:600}
.brand svg{width:26px;height:26px}h1{font-size:22px;margin:18px 0 4px}p{margin:0;color:var(--soft)}
.ask{margin-top:10px}form{margin:20px 0 0;display:grid;gap:8px}
button{font:inherit;color:inherit;text-align:left;display:flex;gap:12px;align-items:center;
width:100%;padding:10px 12px;border:1px solid var(--line);border-radius:10px;background:none;
cursor:pointer}button:hover,button:focus-visible{background:var(--hover);border-color:var(--mark);
outline:none}button.hinted{border:2px solid var(--mark)}
.face{flex:none;width:38px;height:38px;border-radius:50%;display:grid;place-items:center;
background:var(--mark);color:var(--on);font-weight:600}.who{display:grid;min-width:0}
.who b{font-weight:600}.who small{color:var(--soft)}
.cancel{border:0;justify-content:center;color:var(--soft);margin-top:4px}
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const LOGO =
  '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ' +
  'aria-hidden="true"><circle cx="12" cy="12" r="9.5"/><path d="m7.5 12.5 3 3 6-7"/></svg>';

/**
 * Headers of the pages. `returnTo` is the last origin of the form's redirects, because browsers
 * apply `form-action` to redirects too.
 */
export function pageHeaders(returnTo: string): Record<string, string> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; ` +
      `form-action 'self' ${returnTo}; base-uri 'none'; frame-ancestors 'none'`,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}

/** The page to choose a person; `hinted` comes first and is marked. */
export function signInPage(options: {
  action: string;
  people: readonly Person[];
  hinted: Person | undefined;
  acr: string | undefined;
}): string {
  const { hinted } = options;
  const people =
    hinted === undefined
      ? options.people
      : [hinted, ...options.people.filter(({ id }) => id !== hinted.id)];
  const buttons = people.map((person) => personButton(person, person.id === hinted?.id)).join('');
  const ask =
    options.acr === undefined
      ? ''
      : `<p class="ask">This sign-in asks for <b>${escapeHtml(options.acr)}</b>.</p>`;
  return page(
    'Sign in',
    `
<h1>Who are you today?</h1><p>Pick a demo person to sign in to Countersign.</p>${ask}
<form method="post" action="${escapeHtml(options.action)}">${buttons}
<button class="cancel" name="cancel" value="1">Cancel</button></form>`,
  );
}

/** A page with one message. */
export function messagePage(title: string, text: string): string {
  return page(title, `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>`);
}

function personButton(person: Person, hinted: boolean): string {
  const initials = person.name
    .split(' ')
    .map((part) => part[0] ?? '')
    .join('')
    .slice(0, 2);
  const roles = person.roles.length === 0 ? 'no role' : person.roles.join(', ');
  const marks = hinted ? ' class="hinted" autofocus' : '';
  return (
    `<button name="person" value="${escapeHtml(person.id)}"${marks}>` +
    `<span class="face" aria-hidden="true">${escapeHtml(initials)}</span>` +
    `<span class="who"><b>${escapeHtml(person.name)}</b>` +
    `<small>${escapeHtml(`${person.title} · ${roles}`)}</small></span></button>`
  );
}

function page(title: string, body: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}` +
    '</title><meta name="viewport" content="width=device-width,initial-scale=1">' +
    `<style>${STYLE}</style></head><body><main><div class="brand">${LOGO}` +
    `<span>Contoso · local sign-in</span></div>${body}</main></body></html>`
  );
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
