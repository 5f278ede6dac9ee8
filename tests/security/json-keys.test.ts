import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseJson } from '../../src/http/read-body.ts';
import { parseStrictObject } from '../../src/lib/strict-json.ts';
import { readAnswer } from '../../src/executors/webhook/target-text.ts';

/** JSON texts: the attacker's first, then the one whose meaning it changes. */
const FIRST = String.raw`{"kind":1,"\\":1}`;
const LATER = String.raw`{"kind":1,"\u0061":2}`;
const MEANT = { kind: 1, a: 2 };

/** V8 12.8 and later have this bug: https://github.com/nodejs/node/issues/63785. */
const [major = 0, minor = 0] = process.versions.v8.split('.').map(Number);
const open = major > 12 || (major === 12 && minor >= 8);

test('stock JSON.parse lets one text change the keys of another', async () => {
  const script = `JSON.parse(${JSON.stringify(FIRST)});
    console.log(JSON.stringify(Object.keys(JSON.parse(${JSON.stringify(LATER)}))))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  // If this fails with a newer V8, scan-json.ts need not refuse such keys any more.
  expect(JSON.parse(stdout)).toEqual(['kind', open ? '\\' : 'a']);
});

test('reads hostile texts correctly: such keys never reach V8', () => {
  for (let round = 0; round < 20; round += 1) {
    expect(() => parseJson(Buffer.from(FIRST), 32)).toThrow(
      expect.objectContaining({ code: 'json_invalid' }),
    );
    expect(parseStrictObject(Buffer.from(FIRST), 12)).toBeUndefined();
    expect(readAnswer(FIRST)).toEqual({ message: null, reference: null });
    expect(parseJson(Buffer.from(LATER), 32)).toEqual(MEANT);
    expect(parseStrictObject(Buffer.from(LATER), 12)).toEqual(MEANT);
  }
});

test.each(['{"__proto__":{"admin":true}}', String.raw`{"__pr\u006fto__":{"admin":true}}`])(
  'refuses a token with a member named %s',
  (text) => {
    expect(parseStrictObject(Buffer.from(text), 12)).toBeUndefined();
    expect(parseStrictObject(Buffer.from('{"proto":{"admin":true}}'), 12)).toBeDefined();
  },
);
