import { outcomeOf } from '../../../src/domain/outcome.ts';
import { createCards } from '../../../src/cards/cards.ts';
import { en } from '../../../src/text/en.ts';
import { fit, name, oneLine, visible } from '../../../src/cards/plain-text.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import { nodesOf, textsOf, verbsOf } from './card-reading.ts';
import { amara, decision, NOW, OWNER_ROLE, person, sample, viewer, withFields } from './samples.ts';

const cards = createCards()(en);
const HOSTILE = '[Approve](https://evil.example) **b** <at>all</at> ${$root.d} ${if(true,1,2)}';

function show(request: Request) {
  return cards.request(request, { viewer: null, refreshFor: [], now: NOW });
}

describe('untrusted text on cards', () => {
  const everywhere = sample({
    title: HOSTILE,
    reason: HOSTILE,
    fields: { service: HOSTILE },
    requester: person(HOSTILE),
    beneficiary: person(HOSTILE, { key: 'other' }),
    decisions: [decision(person(HOSTILE), 'approve', { reason: HOSTILE })],
    outcome: outcomeOf(
      'target_refused',
      { target: HOSTILE, status: 403, said: HOSTILE },
      { reference: HOSTILE, at: NOW },
    ),
  });

  test.each(['pending', 'applied'] as const)('%s: is shown only in plain text runs', (state) => {
    const { card } = show({ ...everywhere, state });
    const bearing = nodesOf(card).filter((node) =>
      Object.values(node).some((value) => typeof value === 'string' && value.includes('Approve](')),
    );
    expect(bearing.length).toBeGreaterThan(4);
    for (const node of bearing) expect(node['type']).toBe('TextRun');
  });

  test('is not evaluated as a template expression', () => {
    const texts = textsOf(show(everywhere).card);
    expect(texts).toContain(HOSTILE);
  });

  test('leaves no template expression on the card', () => {
    const { card } = show(sample());
    expect(JSON.stringify(card)).not.toContain('${');
  });

  test('is not replaced by dates of the client', () => {
    const { card } = show(withFields({ a: '{{DATE(1999-01-01T00:00:00Z)}} {{ .Values.x }}' }));
    const [text] = textsOf(card).filter((line) => line.includes('1999'));
    expect(text).not.toContain('{{DATE');
    expect(text).toContain('{{ .Values.x }}');
  });

  test('shows hidden characters, also in names and the summary', () => {
    const requester = person('Mia\u202E\u200B\u0007evil\nline');
    const { card, summary } = show(
      sample({
        requester,
        beneficiary: requester,
        title: 'Deploy\u2066 it\r\nnow',
      }),
    );
    expect(textsOf(card)).toContain('Mia\uFFFD\uFFFD\uFFFDevil↵line asks');
    expect(summary).toBe('Mia\uFFFD\uFFFD\uFFFDevil↵line asks: Deploy\uFFFD it↵now #17');
  });

  test('is cut short in a summary', () => {
    const long = sample({ requester: person('n'.repeat(5_000)), title: 't'.repeat(5_000) });
    expect(show(long).summary.length).toBeLessThan(200);
  });

  test('cannot forge a row of a dense review', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 90 }, (_, at) => [`f${at}`, `value ${at}\nRuns: something harmless`]),
    );
    const { card } = cards.review(withFields(fields), {
      viewer: viewer(amara, OWNER_ROLE),
      now: NOW,
    });
    const dense = textsOf(card).find((text) => text.includes('value 89')) ?? '';
    expect(dense.split('\n').filter((line) => line.startsWith('Runs'))).toEqual([]);
    expect(verbsOf(card)).toEqual(['approve', 'deny']);
  });
});

describe('visible', () => {
  test.each([
    ['\u202Eabc', '\uFFFDabc'],
    ['a\u200Bb\u00ADc\uFEFF', 'a\uFFFDb\uFFFDc\uFFFD'],
    ['x\u{E0041}\u{E0042}', 'x\uFFFD\uFFFD'],
    ['a\u200Db', 'a\uFFFDb'],
    ['\u3164\u115F', '\uFFFD\uFFFD'],
    // A selector shows nothing unless it is behind an emoji, or in a keycap.
    ['1\uFE0F0', '1\uFFFD0'],
    ['v1\uFE0E', 'v1\uFFFD'],
    ['#\uFE0F', '#\uFFFD'],
    ['\u2764\uFE0F\uFE0F', '\u2764\uFE0F\uFFFD'],
    ['a\uFFFCb', 'a\uFFFDb'],
    ['a\u2028b\u0000', 'a\uFFFDb\uFFFD'],
  ])('%j becomes %j', (text, shown) => expect(visible(text)).toBe(shown));

  // By class, so that characters that a later version of Unicode adds are marked too.
  test.each([
    ['a format character', /\p{Cf}/u, [0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6dd, 0x70f]],
    ['ignorable', /\p{Default_Ignorable_Code_Point}/u, []],
    ['a control', /\p{Cc}/u, [0x9, 0xa, 0xd]],
    ['a blank', /[\p{Zs}\p{Zl}\p{Zp}\u2800\u3164\uFFA0]/u, [0x20]],
  ])('marks every character that is %s', (_, among, visibleOnes) => {
    const others = [0x890, 0x891, 0x8e2, 0x110bd, 0x110cd, ...visibleOnes];
    const unmarked: string[] = [];
    let count = 0;
    for (let code = 0; code <= 0x10ffff; code += 1) {
      if ((code >= 0xd800 && code <= 0xdfff) || others.includes(code)) continue;
      const character = String.fromCodePoint(code);
      if (!among.test(character)) continue;
      count += 1;
      if (visible(`a${character}b`) !== 'a\uFFFDb') unmarked.push(code.toString(16));
    }
    expect(unmarked).toEqual([]);
    expect(count).toBeGreaterThan(15);
  });

  test.each([
    '10\u202F000 €',
    '« oui\u202F»',
    '«\u00A0oui »',
    'vraiment\u00A0?',
    '東京\u3000都',
    '\u0600\u0661',
  ])('keeps the blank of %j', (text) => expect(visible(text)).toBe(text));

  test.each(['👩‍💻 ❤️ 1️⃣ 👍🏽', 'می‌خواهم', 'क्‍ष', 'Zieliński', 'שלום', 'a\nb'])(
    'leaves %s alone',
    (text) => expect(visible(text)).toBe(text),
  );

  test('keeps indentation and limits combining marks', () => {
    expect(visible('a:\n  b')).toBe('a:\n\u00A0\u00A0b');
    expect(visible(`a${'\u0301'.repeat(100)}`)).toBe(`a${'\u0301'.repeat(8)}\uFFFD`);
  });

  test('oneLine and fit never cut a character in half', () => {
    expect(oneLine('a\r\nb')).toBe('a↵b');
    expect(fit('😀😀😀', { characters: 2, lines: 1 })).toEqual({ text: '😀😀…', whole: false });
    expect(fit('a\nb\nc', { characters: 9, lines: 2 })).toEqual({ text: 'a\nb…', whole: false });
    expect(fit('abc', { characters: 3, lines: 1 })).toEqual({ text: 'abc', whole: true });
  });

  test('right-to-left names do not reorder their surroundings', () => {
    expect(name('שלום')).toBe('\u2068שלום\u2069');
  });
});
