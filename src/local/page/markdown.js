const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * Escapes text for HTML.
 * @param {string} text
 * @returns {string}
 */
export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (char) => ESCAPES[char]);
}

// One pass with the first matching rule: escaped character, code, link, bold, italic, mention. Only
// the text inside bold and italic is parsed again.
const INLINE = new RegExp(
  [
    String.raw`\\(?<escaped>[\\\`*_{}\[\]()#+\-.!~|>&<])`,
    '`(?<code>[^`\n]{1,500})`',
    String.raw`\[(?<label>[^\]\n]{1,300})\]\((?<href>https?:\/\/[^\s)]{1,1000})\)`,
    String.raw`\*\*(?<bold>(?=\S)(?:[^*\n\\]|\\.){1,1000})\*\*`,
    String.raw`(?<![\w*])[*](?<star>(?=\S)(?:[^*\n\\]|\\.){1,1000})[*](?![\w*])`,
    String.raw`(?<![\w_])_(?<under>(?=\S)(?:[^_\n\\]|\\.){1,1000})_(?![\w_])`,
    '<at>(?<at>[^<>\n]{1,200})</at>',
  ].join('|'),
  'g',
);

const MAX_DEPTH = 3;

/**
 * Renders the subset of Markdown in chat messages and cards: bold, italic, code, web links,
 * mentions, lists, lines and backslash escapes. All other text is shown unchanged.
 * @param {string} text untrusted
 * @returns {string} HTML with no other markup than this subset
 */
export function toHtml(text) {
  const lines = String(text).replace(/\r\n?/g, '\n').split('\n');
  const blocks = [];
  for (const line of lines) {
    const item = /^\s{0,3}(?:[-*]|(\d{1,3})[.)])\s+(.*)$/.exec(line);
    const kind = item ? (item[1] ? 'ol' : 'ul') : 'p';
    const html = inline(item ? item[2] : line, 0);
    const last = blocks[blocks.length - 1];
    if (last && last.kind === kind && !(kind === 'p' && line.trim() === '')) last.lines.push(html);
    else if (line.trim() !== '') blocks.push({ kind, lines: [html] });
    else blocks.push({ kind: 'gap', lines: [] });
  }
  return blocks
    .filter((block) => block.kind !== 'gap')
    .map(blockHtml)
    .join('');
}

function blockHtml({ kind, lines }) {
  if (kind === 'p') return `<p>${lines.join('<br>')}</p>`;
  return `<${kind}>${lines.map((line) => `<li>${line}</li>`).join('')}</${kind}>`;
}

function inline(text, depth) {
  if (depth > MAX_DEPTH) return escapeHtml(text);
  let html = '';
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    html += escapeHtml(text.slice(from, match.index)) + markup(match.groups, depth);
    from = match.index + match[0].length;
  }
  return html + escapeHtml(text.slice(from));
}

function markup(found, depth) {
  if (found.escaped !== undefined) return escapeHtml(found.escaped);
  if (found.code !== undefined) return `<code>${escapeHtml(found.code)}</code>`;
  if (found.bold !== undefined) return `<strong>${inline(found.bold, depth + 1)}</strong>`;
  if (found.at !== undefined) return `<span class="mention">${escapeHtml(found.at)}</span>`;
  if (found.href !== undefined) {
    const href = escapeHtml(found.href);
    const label = inline(found.label, depth + 1);
    return `<a href="${href}" target="_blank" rel="noopener noreferrer">${label}</a>`;
  }
  return `<em>${inline(found.star ?? found.under ?? '', depth + 1)}</em>`;
}
