import { parseCommand } from '../../../src/teams/inbound/commands.ts';
import { readText } from '../../../src/teams/inbound/read-text.ts';

test.each([
  ['request', { name: 'request', workflow: '', values: {}, rest: '' }],
  [
    '  Request   deploy-production ',
    {
      name: 'request',
      workflow: 'deploy-production',
      values: {},
      rest: '',
    },
  ],
  ['/request ship it', { name: 'request', workflow: 'ship it', values: {}, rest: '' }],
  [
    'request deploy service=checkout version=1.2.3',
    {
      name: 'request',
      workflow: 'deploy',
      values: { service: 'checkout', version: '1.2.3' },
      rest: '',
    },
  ],
  [
    'request deploy reason="two words" note=\u201ca b\u201d empty=',
    {
      name: 'request',
      workflow: 'deploy',
      values: { reason: 'two words', note: 'a b', empty: '' },
      rest: '',
    },
  ],
  [
    'request deploy a="unclosed x',
    {
      name: 'request',
      workflow: 'deploy',
      values: { a: '"unclosed' },
      rest: 'x',
    },
  ],
  ['request __proto__=1 x', { name: 'request', workflow: '__proto__=1 x', values: {}, rest: '' }],
  [
    'request deploy a=1 please now a=2',
    { name: 'request', workflow: 'deploy', values: { a: '1' }, rest: 'please now a=2' },
  ],
  ['status 17', { name: 'status', number: 17 }],
  ['STATUS #17', { name: 'status', number: 17 }],
  ['status 17x', { name: 'help' }],
  ['status 99999999999', { name: 'help' }],
  ['help', { name: 'help' }],
  ['', { name: 'help' }],
  ['approve 17', { name: 'unknown' }],
])('reads %j', (text, command) => {
  expect(parseCommand(text)).toEqual(command);
});

test('reads a long uniform text in linear time', () => {
  const started = performance.now();
  for (const part of ['a=', 'a="', '=', '"', 'a=" ', '-']) {
    parseCommand(`request ${part.repeat(2_000)}`);
  }
  expect(performance.now() - started).toBeLessThan(200);
});

describe('mentions', () => {
  const BOT = '28:bot';
  const mention = (id: string, name: string, text?: string) => ({
    type: 'mention',
    mentioned: { id, name },
    ...(text === undefined ? {} : { text }),
  });
  const read = (text: string, ...entities: unknown[]) =>
    parseCommand(readText({ recipient: { id: BOT, name: 'Ops & Approvals' }, entities, text }));
  const deploy = (values = {}) => ({
    name: 'request',
    workflow: 'deploy-production',
    values,
    rest: '',
  });

  test.each([
    ['a bot', '<at>Countersign</at>&nbsp;request deploy-production'],
    ['a name with &', '<at>Ops &amp; Approvals</at> request deploy-production'],
    ['a name with & that is not escaped', '<at>Ops & Approvals</at> request deploy-production'],
    ['an attribute', '<at id="0">Countersign</at> request deploy-production'],
    ['no space', '<at>Countersign</at>request deploy-production<at>Mia</at>'],
    ['a person behind the command', '<at>Bot</at> request deploy-production <at>Mia Keller</at>'],
    ['a person before the bot', '<at>Mia</at> <at>Bot</at> request deploy-production'],
    ['a mention of two parts', '<at>Ops</at>&nbsp;<at>Approvals</at> request deploy-production'],
    ['the bot twice', '<at>Bot</at> <at>Bot</at>\r\n request deploy-production <at>Bot</at>'],
    ['half a tag', '<at>Bot</at> request deploy-production </at>'],
  ])('understands the command beside %s', (_, text) => {
    expect(read(text)).toEqual(deploy());
  });

  test('understands the command with an entity that has no text, or a text without tags', () => {
    const text = '<at>Ops &amp; Approvals</at> request deploy-production';
    expect(read(text, mention(BOT, 'Ops & Approvals'))).toEqual(deploy());
    const plain = '@Ops & Approvals request deploy-production';
    expect(read(plain, mention(BOT, 'Ops & Approvals', '@Ops & Approvals'))).toEqual(deploy());
    const odd = [null, 'x', { type: 'clientInfo' }, { type: 'mention', text: '' }];
    expect(read(text, ...odd)).toEqual(deploy());
  });

  test('reads a person who is mentioned as a value by name', () => {
    expect(
      read('<at>Bot</at> request deploy-production for=<at>Mia &amp; Co</at> <at>Amara</at>'),
    ).toEqual(deploy({ for: 'Mia & Co' }));
    expect(read('<at>Bot</at> request deploy-production reason="ask <at>Mia</at> first"')).toEqual(
      deploy({ reason: 'ask Mia first' }),
    );
  });

  test('reads escaped characters once', () => {
    expect(
      read('request deploy-production reason="a &lt; b &amp;amp; c&nbsp;d &#39;e&#39;"'),
    ).toEqual(deploy({ reason: `a < b &amp; c d 'e'` }));
  });

  test.each(['<at>Bot</at> status 17 <at>Mia</at>', '<at>Bot</at> status <at>Mia</at> #17'])(
    'reads the number of %s',
    (text) => {
      expect(read(text)).toEqual({ name: 'status', number: 17 });
    },
  );

  test('of the bot alone asks for help', () => {
    expect(read('<at>Ops &amp; Approvals</at> ')).toEqual({ name: 'help' });
  });
});
