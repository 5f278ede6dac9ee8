import { CardTemplate } from '../../../src/cards/card-template.ts';
import { slot } from '../../../src/cards/slots.ts';

const template = new CardTemplate('test', {
  title: '${title}',
  both: '#${number} of ${title}',
  only: { $when: '${shown}', text: 'shown' },
  rows: [{ $data: '${rows}', label: '${label}', of: '${$root.title}' }, { fixed: [1, true] }],
});

function render(title: unknown, rows: readonly string[] = [], shown = false) {
  return template.render({
    title: slot(title), number: slot(17), shown,
    rows: rows.map((label) => ({ label: slot(label) })),
  });
}

describe('a card template', () => {
  test('is filled in with values of any kind, rows and conditions', () => {
    expect(render('A', ['x', 'y'], true)).toEqual({
      title: 'A', both: '#17 of A', only: { text: 'shown' },
      rows: [{ label: 'x', of: 'A' }, { label: 'y', of: 'A' }, { fixed: [1, true] }],
    });
    expect(render(['list'])).toEqual({
      title: ['list'], both: '#17 of list', rows: [{ fixed: [1, true] }],
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
    expect(() => template.render({ title: 'a text', shown: false }))
      .toThrow('text in a card model must be a slot');
  });

  test('its shared parts cannot be changed', () => {
    const [row] = render('a')['rows'] as Record<string, unknown>[];
    expect(Object.isFrozen(row)).toBe(true);
  });
});
