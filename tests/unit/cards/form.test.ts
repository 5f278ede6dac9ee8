import fc from 'fast-check';
import { refuse } from '../../../src/domain/refusal.ts';
import { createCards } from '../../../src/cards/cards.ts';
import { en } from '../../../src/text/en.ts';
import { MAX_CARD_BYTES } from '../../../src/cards/view-limits.ts';
import { formPattern } from '../../../src/cards/form-pattern.ts';
import { matchesPattern, readPattern } from '../../../src/lib/pattern.ts';
import { checkFields } from '../../../src/domain/workflow/fields.ts';
import { bytesOf, inputOf, nodesOf, problemsOf, textsOf } from './card-reading.ts';
import { field, stage, workflow } from './samples.ts';

const cards = createCards()(en);

describe('a form', () => {
  const { card, summary } = cards.form({ workflow: workflow(), values: {} });

  test('has an input for every field, and one for the reason', () => {
    expect(summary).toBe('Request: Deploy to production');
    expect(inputOf(card, 'service')).toMatchObject({
      type: 'Input.ChoiceSet',
      isRequired: true,
      style: 'compact',
      choices: [
        { title: 'checkout', value: 'checkout' },
        { title: 'billing', value: 'billing' },
      ],
    });
    expect(inputOf(card, 'version')).toMatchObject({
      type: 'Input.Text',
      isRequired: true,
      regex: '^(?:\\d+\\.\\d+\\.\\d+)$',
      maxLength: 200,
    });
    expect(inputOf(card, 'window')).toMatchObject({
      type: 'Input.Text',
      value: '1h',
      label: 'window (at most 8 h)',
    });
    expect(inputOf(card, 'share')).toMatchObject({
      type: 'Input.Number',
      label: 'share (from 1 to 100)',
    });
    expect(inputOf(card, 'notes')).toMatchObject({ isMultiline: true, maxLength: 4_000 });
    expect(inputOf(card, 'notify')).toMatchObject({ type: 'Input.Toggle', value: 'true' });
    expect(inputOf(card, 'reason')).toMatchObject({ isMultiline: true, maxLength: 1_000 });
    expect(problemsOf(card)).toEqual([]);
  });

  test('leaves the range of an optional number to the service, because clients reject an empty one', () => {
    expect(inputOf(card, 'share')).not.toHaveProperty('min');
    const required = workflow({
      fields: [field({ id: 'share', type: 'number', required: true, min: 0, max: 100 })],
    });
    expect(inputOf(cards.form({ workflow: required, values: {} }).card, 'share')).toMatchObject({
      min: 0,
      max: 100,
    });
  });

  test('submits by Action.Execute in a chat and by Action.Submit in a dialog', () => {
    expect(card['actions']).toEqual([
      {
        type: 'Action.Execute',
        title: 'Send request',
        style: 'positive',
        verb: 'submit',
        data: { workflow: 'deploy-production', v: 1 },
        fallback: {
          type: 'Action.Submit',
          title: 'Send request',
          style: 'positive',
          data: { workflow: 'deploy-production', v: 1, verb: 'submit' },
        },
      },
    ]);
    const dialog = cards.dialogForm({ workflow: workflow(), values: {} });
    expect(dialog['actions']).toEqual([
      {
        type: 'Action.Submit',
        title: 'Continue in chat',
        style: 'positive',
        data: { workflow: 'deploy-production', v: 1 },
      },
    ]);
    expect(problemsOf(dialog)).toEqual([]);
  });

  test('is prefilled with what was sent, as far as it fits its input', () => {
    const values = {
      service: 'nothing of ours',
      version: '4.${x}',
      window: '90s',
      share: '20',
      notify: 'false',
      notes: ['no text'],
      reason: 'because',
    };
    const filled = cards.form({ workflow: workflow(), values }).card;
    expect(inputOf(filled, 'service')).not.toHaveProperty('value');
    expect(inputOf(filled, 'version')['value']).toBe('4.${x}');
    expect(inputOf(filled, 'window')['value']).toBe('90s');
    expect(inputOf(filled, 'share')['value']).toBe(20);
    expect(inputOf(filled, 'notify')['value']).toBe('false');
    expect(inputOf(filled, 'notes')).not.toHaveProperty('value');
    expect(inputOf(filled, 'reason')['value']).toBe('because');
    expect(problemsOf(filled)).toEqual([]);
  });

  test('says what was typed and cannot be in its input', () => {
    const values = {
      service: 'chekout',
      version: 'x'.repeat(5_000),
      window: 'two hours',
      share: 'ten',
      notify: 'maybe',
      notes: 'one\ntwo',
      reason: 'r'.repeat(1_200),
    };
    const { card } = cards.form({ workflow: workflow(), values });
    const texts = textsOf(card);
    expect(texts).toEqual(
      expect.arrayContaining([
        'service must be one of checkout, billing. You typed “chekout”.',
        expect.stringMatching(/^version .*has 5,000 characters; at most 200\.$/),
        'window must be a duration such as 90s, 15m, 8h or 2d.',
        'share must be a number. You typed “ten”.',
        'notify must be true or false. You typed “maybe”.',
        'The reason may hold 1,000 characters of text.',
        'Please check “service”, “version”, “window”, “share”, “notify”, “Reason”.',
      ]),
    );
    // What fits into an input stands there whole, without a limit by which a client would cut it.
    expect(inputOf(card, 'version')['value']).toBe(values.version);
    expect(inputOf(card, 'version')).not.toHaveProperty('maxLength');
    expect(inputOf(card, 'window')['value']).toBe('two hours');
    expect(inputOf(card, 'notes')['value']).toBe('one\ntwo');
    expect(inputOf(card, 'reason')['value']).toBe(values.reason);
    expect(inputOf(card, 'reason')).not.toHaveProperty('maxLength');
    expect(problemsOf(card)).toEqual([]);
  });

  test('keeps the line breaks of a value for one line, and says that it must be one', () => {
    const { card } = cards.form({ workflow: workflow(), values: { version: '1.2\n.3' } });
    expect(inputOf(card, 'version')).toMatchObject({ value: '1.2\n.3', isMultiline: true });
    expect(textsOf(card)).toContain('version must be one line.');
  });

  test('says what was typed behind a command and belongs to no field', () => {
    const { card } = cards.form({ workflow: workflow(), values: {}, rest: 'please now' });
    expect(textsOf(card)).toContain(
      'Not understood: “please now”. Put a value of several words in quotes: reason="a few words".',
    );
    expect(problemsOf(card)).toEqual([]);
  });

  test('names the stages that will be asked, by what is filled in so far', () => {
    const stages = [
      stage({ id: 'a', name: 'Owner' }),
      stage({ id: 'b', name: 'Security', when: { field: 'window', in: null, over: 14_400_000 } }),
      stage({ id: 'c', name: 'Billing', when: { field: 'service', in: ['billing'], over: null } }),
    ];
    const asks = (values: object, given = stages) =>
      textsOf(cards.form({ workflow: workflow({ stages: given }), values: { ...values } }).card).at(
        -1,
      );
    expect(asks({})).toBe('Decided by Owner, within 1 d. Other values may ask for more approvals.');
    expect(asks({ window: '8h', service: 'billing' })).toBe(
      'Decided by Owner, then Security, then Billing, within 1 d.',
    );
    expect(asks({ window: 'soon', service: 'other' })).toContain('Decided by Owner, within');
    expect(asks({}, stages.slice(1))).toBe('What you fill in says who decides, within 1 d.');
    const plain = asks({}, stages.slice(0, 1));
    expect(plain).toBe('Decided by Owner, within 1 d.');
  });

  test("prefills defaults that pass the domain's checks", () => {
    const { fields } = workflow();
    const sent = Object.fromEntries(fields.map(({ id }) => [id, inputOf(card, id)['value'] ?? '']));
    const given = { ...sent, service: 'checkout', version: '1.2.3' };
    expect(checkFields(workflow(), given)).toMatchObject({
      ok: true,
      fields: { window: 3_600_000, notify: true },
    });
  });

  test('has no reason input where a field is named reason', () => {
    const own = workflow({ fields: [field({ id: 'reason', type: 'text', maxLength: 60 })] });
    const named = cards.form({ workflow: own, values: { reason: 'mine' } }).card;
    expect(nodesOf(named).filter((node) => node['id'] === 'reason')).toHaveLength(1);
    expect(inputOf(named, 'reason')).toMatchObject({ maxLength: 60, value: 'mine' });
    expect(problemsOf(named)).toEqual([]);
  });

  test('shows a problem of a field at that field, and others at the top', () => {
    const wrong = cards.form({
      workflow: workflow(),
      values: {},
      problem: refuse(
        'field_invalid',
        { label: 'version', rule: 'pattern', value: '[x](y)', pattern: '\\d' },
        'version',
      ).refusal,
    }).card;
    expect(textsOf(wrong)).toEqual(
      expect.arrayContaining(['Please check “version”.', 'version "[x](y)" does not match \\d.']),
    );
    const refused = cards.form({
      workflow: workflow(),
      values: {},
      problem: refuse('no_stage_applies', { workflow: 'deploy' }).refusal,
    }).card;
    expect(textsOf(refused)).toContain('No stage of deploy applies to these fields.');
    expect(problemsOf(refused)).toEqual([]);
  });

  test('drops long lists, then prefilled text with a word about it, to fit into a message', () => {
    const notes = cards.form({
      workflow: workflow({
        fields: ['a', 'b', 'c'].map((id) => field({ id, type: 'multiline', maxLength: 20_000 })),
      }),
      values: { a: 'é'.repeat(13_000), b: 'kept', c: 'x' },
    });
    expect(bytesOf(notes)).toBeLessThanOrEqual(MAX_CARD_BYTES);
    expect(inputOf(notes.card, 'a')).not.toHaveProperty('value');
    expect(inputOf(notes.card, 'b')['value']).toBe('kept');
    expect(textsOf(notes.card)).toContain(
      'You typed 13,000 characters, too many to show again here. Paste them again.',
    );

    const choices = Array.from({ length: 900 }, (_, at) => `a choice of some length ${at}`);
    const listed = cards.form({
      workflow: workflow({ fields: [field({ id: 'a', type: 'choice', choices })] }),
      values: {},
    });
    expect(bytesOf(listed)).toBeLessThanOrEqual(MAX_CARD_BYTES);
    expect(inputOf(listed.card, 'a')['type']).toBe('Input.Text');

    const both = cards.form({
      workflow: workflow({
        fields: [
          field({ id: 'a', type: 'choice', choices }),
          field({ id: 'b', type: 'multiline', maxLength: 20_000 }),
        ],
      }),
      values: { a: choices[3], b: 'x'.repeat(11_000) },
    });
    expect(inputOf(both.card, 'a')['value']).toBe(choices[3]);
    expect(inputOf(both.card, 'b')['value']).toBe('x'.repeat(11_000));
  });
});

describe('formPattern', () => {
  test.each([
    'a|b',
    '^[a-z]+$',
    String.raw`\d+\.\d+\.\d+`,
    '(feature|fix)/[A-Z]+-[0-9]{1,6}',
    '[a-z.]+@[a-z.-]+',
    'Straße [A-Z]?',
  ])('converts %s, for the whole value', (pattern) => {
    expect(formPattern(pattern)).toBe(`^(?:${pattern})$`);
  });

  test.each([
    ...['(?i:a)', '(?i)a', '(?<y>a)', '(?P<y>a)', String.raw`\pL`, String.raw`\p{L}+`],
    ...[String.raw`\x41`, String.raw`\Aa`, String.raw`\ba`, String.raw`\Qa\E`, '[[:alpha:]]'],
    ...[
      String.raw`\s`,
      '.*',
      '[^a]',
      '[^a]+',
      '[^a]{2}',
      '😀',
      '[😀]',
      '[]a]',
      'a{,2}',
      'a{2',
      '[a&&b]',
    ],
    ...['(a+)+', '(?:a|aa)*', '(a?){30}', 'a*b*c*d*'],
  ])('leaves %s to the service', (pattern) => {
    expect(formPattern(pattern)).toBeUndefined();
  });

  test('is undefined without a pattern', () => {
    expect(formPattern(null)).toBeUndefined();
  });

  test('matches alike in RE2 and in JavaScript, with and without flag u', () => {
    const piece = fc.constantFrom(
      ...['a', 'B', '_', '-', ' ', '.', '|', '^', '$', '(', '(?:', ')', '[', ']', '[^', '\\', '/'],
      ...['*', '+', '?', '{2}', '{0,3}', '{1,}', '{', '}', ',', '&&', '[:alpha:]', 'é', '😀'],
      ...[
        '\\d',
        '\\w',
        '\\s',
        '\\.',
        '\\-',
        '\\b',
        '[a-z]',
        '[^a]',
        '[^a]+',
        '[\\w.-]',
        '(?i)',
        '\\n',
      ],
    );
    const pattern = fc.array(piece, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(''));
    const odd = ['a', 'A', 'b', 'B', '1', '_', '-', ' ', '.', '/', '\n', '\r', '\u2028', '\u00a0'];
    const value = fc
      .array(fc.constantFrom(...odd, 'é', '😀', '\u212a', '٣', '{2}', '&', ':', ']'), {
        maxLength: 6,
      })
      .map((parts) => parts.join(''));
    let given = 0;
    fc.assert(
      fc.property(pattern, fc.array(value, { minLength: 8 }), (source, values) => {
        if (!readPattern(source).ok) return;
        const regex = formPattern(source);
        if (regex === undefined) return;
        given += 1;
        const differ = values.filter((one) =>
          ['u', ''].some((f) => new RegExp(regex, f).test(one) !== matchesPattern(source, one)),
        );
        expect({ source, differ }).toEqual({ source, differ: [] });
      }),
      { numRuns: 3_000 },
    );
    expect(given).toBeGreaterThan(100);
  });
});

describe('lists of workflows', () => {
  const many = Array.from({ length: 400 }, (_, at) =>
    workflow({ id: `workflow-${at}`, title: `Workflow ${at}`, description: 'd'.repeat(300) }),
  );

  test('the picker sends the id of a workflow', () => {
    const { card } = cards.picker([workflow(), workflow({ id: 'other', title: 'Other' })]);
    expect(inputOf(card, 'workflow')).toMatchObject({
      type: 'Input.ChoiceSet',
      isRequired: true,
      style: 'expanded',
      choices: [
        { title: 'Deploy to production', value: 'deploy-production' },
        { title: 'Other', value: 'other' },
      ],
    });
    expect(card['actions']).toMatchObject([{ type: 'Action.Submit' }]);
    expect(problemsOf(card)).toEqual([]);
  });

  test('the picker keeps what was typed, or says that it is too long for that', () => {
    const two = [workflow(), workflow({ id: 'other', title: 'Other' })];
    const typed = { values: { service: 'checkout' }, rest: '' };
    expect(cards.picker(two, typed).card['actions']).toMatchObject([{ data: { typed } }]);
    const long = cards.picker(many, { values: { a: 'é'.repeat(8_000) }, rest: '' });
    expect(bytesOf(long)).toBeLessThanOrEqual(MAX_CARD_BYTES);
    expect(long.card['actions']).toMatchObject([{ data: {} }]);
    expect(textsOf(long.card)).toContain(
      'What you typed is too long to be kept here. Type it again in the form.',
    );
    expect(
      bytesOf(cards.picker(many, { values: { a: 'x'.repeat(9_000) }, rest: '' })),
    ).toBeLessThanOrEqual(MAX_CARD_BYTES);
    expect(problemsOf(long.card)).toEqual([]);
  });

  test('the picker without workflows has no button', () => {
    const { card } = cards.picker([]);
    expect(card['actions']).toEqual([]);
    expect(problemsOf(card)).toEqual([]);
  });

  test('the help lists commands and workflows', () => {
    const { card } = cards.help([workflow({ description: 'Rolls it out' })]);
    expect(textsOf(card)).toEqual(
      expect.arrayContaining([
        'Deploy to production',
        'Rolls it out',
        'request deploy-production',
        'status 17 – see request 17',
      ]),
    );
    expect(problemsOf(card)).toEqual([]);
    expect(problemsOf(cards.help([]).card)).toEqual([]);
  });

  test('long lists are cut and say how many are left out', () => {
    for (const card of [cards.picker(many).card, cards.help(many).card]) {
      expect(bytesOf({ card })).toBeLessThanOrEqual(MAX_CARD_BYTES);
      expect(textsOf(card).join('\n')).toMatch(/and \d+ more/);
      expect(problemsOf(card)).toEqual([]);
    }
    expect(
      nodesOf(cards.picker(many).card).find((node) => node['id'] === 'workflow'),
    ).toMatchObject({
      style: 'filtered',
    });
  });
});
