const { toHtml } = (await import(
  new URL('../../../src/local/page/markdown.js', import.meta.url).href
)) as { toHtml: (text: string) => string };

describe('the Markdown of messages and cards', () => {
  test.each([
    ['plain', 'a & b', '<p>a &amp; b</p>'],
    [
      'bold and italic',
      '**a** and *b* or _c_',
      '<p><strong>a</strong> and <em>b</em> or <em>c</em></p>',
    ],
    ['bold with a bold-looking rest', '2 * 3 * 4', '<p>2 * 3 * 4</p>'],
    ['names with underscores', 'deploy_to_prod', '<p>deploy_to_prod</p>'],
    ['code', '`a **b** <c>`', '<p><code>a **b** &lt;c&gt;</code></p>'],
    [
      'a web link',
      '[site](https://a.example/?x=1&y=2)',
      '<p><a href="https://a.example/?x=1&amp;' +
        'y=2" target="_blank" rel="noopener noreferrer">site</a></p>',
    ],
    ['a mention', '<at>Bot</at> help', '<p><span class="mention">Bot</span> help</p>'],
    ['lists', '- a\n- b\n1. c', '<ul><li>a</li><li>b</li></ul><ol><li>c</li></ol>'],
    ['lines and paragraphs', 'a\r\nb\n\nc', '<p>a<br>b</p><p>c</p>'],
    ['escaped signs', '\\*a\\* \\[b\\](https://c.example)', '<p>*a* [b](https://c.example)</p>'],
  ])('%s', (_name, text, html) => {
    expect(toHtml(text)).toBe(html);
  });

  test.each([
    '<script>alert(1)</script>',
    '[x](javascript:alert(1))',
    '[x](https://a.example/"onclick="alert(1))',
    '<at><img src=x onerror=alert(1)></at>',
    '**<img src=x onerror=alert(1)>**',
    '[<img src=x>](https://a.example)',
    '`<img src=x>`',
    '\\<img src=x onerror=alert(1)>',
  ])('does not turn hostile text into markup: %s', (text) => {
    const html = toHtml(text);
    const bare = /<(?:\/?(?:p|strong|em|code|ul|ol|li)|br|\/a|\/span|span class="mention")>/g;
    const link = /<a href="https:[^"<>]*" target="_blank" rel="noopener noreferrer">/g;
    expect(html.replace(bare, '').replace(link, '')).not.toMatch(/[<>]/);
  });

  test('renders long hostile text within two seconds', () => {
    const started = performance.now();
    for (const piece of ['*', '_', '**a', '[', '[a](', '`', '<at>', '\\']) {
      toHtml(piece.repeat(8_000));
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
