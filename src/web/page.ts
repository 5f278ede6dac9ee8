import type { Text } from '../text/text.ts';
import type { WebReply } from '../usecases/ports/web-pages.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML, also inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '');
}

/** The headers of HTML. */
export const HTML = { 'content-type': 'text/html; charset=utf-8' } as const;

/** Origins of Microsoft Teams that may frame our pages, in all clouds ("Tab requirements"). */
const FRAME_ANCESTORS = [
  'https://teams.microsoft.com',
  'https://*.teams.microsoft.com',
  'https://*.cloud.microsoft',
  'https://*.microsoft365.com',
  'https://*.office.com',
  'https://gov.teams.microsoft.us',
  'https://dod.teams.microsoft.us',
  'https://*.teams.microsoft.us',
  'https://teams.microsoftonline.cn',
];

const LOGO = `<svg viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8" fill="#3d55c8"/>
  <path d="M6.5 16.5l4.6 4.6L20 12" fill="none" stroke="#aebcff" stroke-width="3"
    stroke-linecap="round" stroke-linejoin="round"/>
  <path d="M13.5 18.6l2.6 2.6 9.4-9.4" fill="none" stroke="#fff" stroke-width="3"
    stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** The parts of a page. The data in `main` is escaped already. */
export interface PageParts {
  readonly text: Text;
  readonly status: number;
  readonly title: string;
  readonly main: string;
  /** The body's `data-` attributes, for its script. */
  readonly data?: Readonly<Record<string, string>>;
  /** Names of our own scripts, in order. */
  readonly scripts?: readonly string[];
  readonly nonce: string;
  readonly setCookie?: string;
  /** Targets of forms and their redirects; default: none. */
  readonly formAction?: string;
}

/** Renders a page that loads only elements with the nonce of this answer. */
export function renderPage(parts: PageParts): WebReply {
  const { nonce, text } = parts;
  const data = Object.entries(parts.data ?? {})
    .map(([name, value]) => ` data-${name}="${escapeHtml(value)}"`)
    .join('');
  const scripts = (parts.scripts ?? [])
    .map((name) => `<script nonce="${nonce}" src="/assets/${name}"></script>`)
    .join('\n');
  return {
    status: parts.status,
    headers: {
      ...HTML,
      'content-security-policy': policy(nonce, parts.formAction ?? "'none'"),
      ...(parts.setCookie === undefined ? {} : { 'set-cookie': parts.setCookie }),
    },
    body: `<!doctype html>
<html lang="${escapeHtml(text.locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(text.pages.title({ page: parts.title }))}</title>
<link rel="stylesheet" nonce="${nonce}" href="/assets/sign-in.css">
<link rel="icon" href="data:,">
</head>
<body${data}>
<main>
<div class="brand">${LOGO}${escapeHtml(text.pages.product)}</div>
${parts.main}
</main>
${scripts}
</body>
</html>
`,
  };
}

function policy(nonce: string, formAction: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    'img-src data:',
    "base-uri 'none'",
    `form-action ${formAction}`,
    `frame-ancestors ${FRAME_ANCESTORS.join(' ')}`,
  ].join('; ');
}
