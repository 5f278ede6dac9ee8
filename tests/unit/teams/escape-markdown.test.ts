import { escapeMarkdown } from '../../../src/lib/escape-markdown.ts';

// The page's own reader of Markdown, which runs in browsers and has no types.
const page = '../../../src/local/page/markdown.js';
const { toHtml } = (await import(page)) as { toHtml(text: string): string };

test.each([
  '[Approve here](https://evil.example)',
  '![x](https://evil.example/x.png)',
  '**bold** _it_ `c`',
  '<at>everyone</at>',
  '<b>x</b>',
  '&lt;at&gt;',
  '# heading',
  '- list',
  '1. list',
  '+ list',
  '> quote',
  '---',
  'snake_case_name',
  'a\\*b',
  '~~gone~~',
  '[ref]: https://evil.example',
])('shows %s as it was written', (text) => {
  const html = toHtml(`He wrote: ${escapeMarkdown(text)}`);
  expect(html).toBe(`<p>He wrote: ${asHtml(text)}</p>`);
  expect(toHtml(escapeMarkdown(text))).toBe(`<p>${asHtml(text)}</p>`);
});

test('removes line breaks and marks characters that hide or reorder text', () => {
  expect(escapeMarkdown('a\n\n# b\u2028c\u202egnp.exe\u200b\u0000')).toBe(
    'a # b c\uFFFDgnp.exe\uFFFD\uFFFD',
  );
});

test('keeps plain words', () => {
  expect(escapeMarkdown('Deploy 1.2.3 to prod (EU), now!')).toBe('Deploy 1.2.3 to prod (EU), now!');
});

function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
