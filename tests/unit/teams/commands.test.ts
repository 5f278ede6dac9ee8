import { parseCommand, withoutMention } from '../../../src/teams/inbound/commands.ts';

test.each([
  ['request', { name: 'request', workflow: '', values: {} }],
  [
    '  Request   deploy-production ',
    {
      name: 'request',
      workflow: 'deploy-production',
      values: {},
    },
  ],
  ['/request ship it', { name: 'request', workflow: 'ship it', values: {} }],
  [
    'request deploy service=checkout version=1.2.3',
    {
      name: 'request',
      workflow: 'deploy',
      values: { service: 'checkout', version: '1.2.3' },
    },
  ],
  [
    'request deploy reason="two words" note=\u201ca b\u201d empty=',
    {
      name: 'request',
      workflow: 'deploy',
      values: { reason: 'two words', note: 'a b', empty: '' },
    },
  ],
  [
    'request deploy a="unclosed x',
    {
      name: 'request',
      workflow: 'deploy',
      values: { a: '"unclosed' },
    },
  ],
  ['request __proto__=1 x', { name: 'request', workflow: '__proto__=1 x', values: {} }],
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

test('removes mentions of the bot and keeps those of people', () => {
  const raw = {
    recipient: { id: '28:bot' },
    entities: [
      { type: 'mention', text: '<at>Countersign</at>', mentioned: { id: '28:bot' } },
      { type: 'mention', text: '<at>Mia</at>', mentioned: { id: '29:mia' } },
      { type: 'clientInfo' },
      null,
      'x',
    ],
  };
  expect(withoutMention(raw, '<at>Countersign</at>&nbsp;request for <at>Mia</at>')).toBe(
    'request for <at>Mia</at>',
  );
});
