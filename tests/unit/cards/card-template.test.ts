import fc from 'fast-check';
import { CardTemplate } from '../../../src/cards/card-template.ts';
import { slot } from '../../../src/cards/slots.ts';

const template = new CardTemplate('test', {
  title: '${title}',
  both: '#${number} of ${title}',
  only: { $when: '${shown}', text: 'shown' },
  rows: [{ $data: '${rows}', label: '${label}', of: '${$root.title}' }, { fixed: [1, true] }],
});

function read(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>;
}

function render(title: unknown, rows: readonly string[] = [], shown = false) {
  return read(
    template.render({
      title: slot(title),
      number: slot(17),
      shown,
      rows: rows.map((label) => ({ label: slot(label) })),
    }),
  );
}

describe('a card template', () => {
  test('is filled in with values of any kind, rows and conditions', () => {
    expect(render('A', ['x', 'y'], true)).toEqual({
      title: 'A',
      both: '#17 of A',
      only: { text: 'shown' },
      rows: [{ label: 'x', of: 'A' }, { label: 'y', of: 'A' }, { fixed: [1, true] }],
    });
    expect(render(['list'])).toEqual({
      title: ['list'],
      both: '#17 of list',
      rows: [{ fixed: [1, true] }],
    });
  });

  test('leaves out a property whose value is undefined', () => {
    expect(render(undefined)).toEqual({ both: '#17 of ', rows: [{ fixed: [1, true] }] });
  });

  test('keeps cards of one shape apart', () => {
    const [first, second] = [render('first', ['a']), render('second', ['b'])];
    expect(first).toMatchObject({ title: 'first', rows: [{ label: 'a' }, {}] });
    expect(second).toMatchObject({ title: 'second', rows: [{ label: 'b' }, {}] });
  });

  test('does not read values as template or as slots', () => {
    for (const value of ['${title}', '${$root.number}', '\uE0000\uE001', '{"$when": false}']) {
      expect(render(value, [value])).toMatchObject({ title: value, rows: [{ label: value }, {}] });
    }
  });

  test('refuses a template that names what the model does not hold', () => {
    const wrong = new CardTemplate('wrong', { text: '${missing}' });
    expect(() => wrong.render({})).toThrow('the wrong template left "${missing}" open');
  });

  test('refuses text of people as structure', () => {
    expect(() => template.render({ title: 'a text', shown: false })).toThrow(
      'text in a card model must be a slot',
    );
  });

  test('leaves out any properties whose values are undefined, wherever they stand', () => {
    const loose = new CardTemplate('loose', {
      a: '${a}',
      b: '${b}',
      in: { a: '${a}', b: '${b}' },
      all: ['${a}', '${b}'],
      end: 1,
      c: '${a}',
    });
    const of = (a: unknown, b: unknown) => read(loose.render({ a: slot(a), b: slot(b) }));
    expect(of(1, [2])).toEqual({
      a: 1,
      b: [2],
      in: { a: 1, b: [2] },
      all: [1, [2]],
      end: 1,
      c: 1,
    });
    expect(of(undefined, 'x')).toEqual({ b: 'x', in: { b: 'x' }, all: [null, 'x'], end: 1 });
    expect(of('x', undefined)).toEqual({
      a: 'x',
      in: { a: 'x' },
      all: ['x', null],
      end: 1,
      c: 'x',
    });
    expect(of(undefined, undefined)).toEqual({ in: {}, all: [null, null], end: 1 });
  });

  test('any text comes out as it went in', () => {
    const simple = new CardTemplate('simple', { text: '${text}', in: ['– ${text} …'] });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 150 }), (text) => {
        const card = read(simple.render({ text: slot(text) }));
        expect(card).toEqual({ text, in: [`– ${text} …`] });
      }),
    );
  });
});
