import type { OperatorPage, OperatorPageName } from '../config/operator-pages.ts';
import type { Text } from '../text/text.ts';
import type { WebReply } from '../usecases/ports/web-pages.ts';
import { escapeHtml, HTML, renderPage } from './page.ts';

/** A page that links of the app package lead to: the operator's text or address, or our own text. */
export function operatorPage(options: {
  name: OperatorPageName;
  page: OperatorPage | undefined;
  text: Text;
  nonce: string;
}): WebReply {
  const { name, page, text, nonce } = options;
  if (page !== undefined && 'redirect' in page) {
    return { status: 302, headers: { ...HTML, location: page.redirect }, body: '' };
  }
  const { title, heading, paragraphs } = text.pages.operator[name];
  const main =
    page === undefined
      ? [`<h1>${escapeHtml(heading)}</h1>`, ...paragraphs.map(paragraph)]
      : page.text.split(/\r?\n(?:[ \t]*\r?\n)+/).flatMap(block);
  const links = name === 'home' ? [navigation(text)] : [];
  return renderPage({ status: 200, text, title, nonce, main: [...main, ...links].join('\n') });
}

/** A block of the operator's text: a heading after `# `, else a paragraph. */
function block(words: string): string[] {
  const trimmed = words.trim();
  if (trimmed === '') return [];
  const [, heading, rest = ''] = /^#+ ([^\n]*)\n?([^]*)$/.exec(trimmed) ?? [];
  if (heading === undefined) return [paragraph(trimmed)];
  return [`<h1>${escapeHtml(heading.trim())}</h1>`, ...block(rest)];
}

function paragraph(words: string): string {
  return `<p>${escapeHtml(words).replaceAll('\n', '<br>')}</p>`;
}

function navigation({ pages }: Text): string {
  const { privacy, terms } = pages.operator;
  return (
    `<p class="small"><a href="/privacy">${escapeHtml(privacy.title)}</a> · ` +
    `<a href="/terms">${escapeHtml(terms.title)}</a></p>`
  );
}
