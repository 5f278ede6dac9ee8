import fc from 'fast-check';
import { CardTemplate, Whole } from '../../../src/cards/card-template.ts';
import type { ModelValue } from '../../../src/cards/card-template.ts';

const template = new CardTemplate('test', {
  title: '${title}',
  both: '#${number} of ${title}',
  only: { $when: '${shown}', text: 'shown' },
  rows: [{ $data: '${rows}', label: '${label}', of: '${$root.title}' }, { fixed: [1, true] }],
});

function render(title: ModelValue, rows: readonly string[] = [], shown = false) {
  return template.render({ title, number: 17, shown, rows: rows.map((label) => ({ label })) });
}

describe('a card template', () => {
  test('inserts text, rows, conditions and whole JSON', () => {
    expect(render('A', ['x', 'y'], true)).toEqual({
      title: 'A',
      both: '#17 of A',
      only: { text: 'shown' },
      rows: [{ label: 'x', of: 'A' }, { label: 'y', of: 'A' }, { fixed: [1, true] }],
    });
    expect(render(new Whole(['list', { $when: false }]))).toMatchObject({
      title: ['list', { $when: false }],
      rows: [{ fixed: [1, true] }],
    });
  });

  test('leaves out a property whose value is undefined', () => {
    expect(render(undefined)).toStrictEqual({ both: '#17 of ', rows: [{ fixed: [1, true] }] });
  });

  test('does not mix the contents of cards of one shape', () => {
    const [first, second] = [render('first', ['a']), render('second', ['b'])];
    expect(first).toMatchObject({ title: 'first', rows: [{ label: 'a' }, {}] });
    expect(second).toMatchObject({ title: 'second', rows: [{ label: 'b' }, {}] });
  });

  test('does not evaluate text as a template or placeholder', () => {
    for (const value of ['${title}', '${$root.number}', '\uE0000\uE001', '{"$when": false}']) {
      expect(render(value, [value])).toMatchObject({
        title: value,
        both: `#17 of ${value}`,
        rows: [{ label: value }, {}],
      });
    }
  });

  test('throws where the model lacks a property of the template', () => {
    const wrong = new CardTemplate('wrong', { text: '${missing}' });
    expect(() => wrong.render({})).toThrow('the wrong template left "${missing}" open');
  });

  test('keeps any text unchanged', () => {
    const simple = new CardTemplate('simple', { text: '${text}', in: ['– ${text} …'] });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 150 }), (text) => {
        expect(simple.render({ text })).toEqual({ text, in: [`– ${text} …`] });
      }),
    );
  });
});
