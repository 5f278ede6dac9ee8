import fc from 'fast-check';
import { requestDigest } from '../../../src/domain/request/digest.ts';
import { canonicalJson } from '../../../src/lib/canonical-json.ts';
import { EXECUTION } from '../../support/builders.ts';

const STAGES = [
  {
    id: 'stage-1',
    name: 'Owner',
    after: [],
    seats: [{ roles: ['approver'], where: null }],
    denyQuorum: 1,
  },
];

const subject = {
  requestId: 'req_1',
  workflow: 'deploy',
  workflowVersion: 'v',
  salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
  requester: 'a',
  beneficiary: 'a',
  reason: null,
  fields: { service: 'checkout', window: 3_600_000 },
  plan: { stages: STAGES, execution: EXECUTION },
};

test('canonical JSON of equal values is one text, in any order of members', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (json) => {
      fc.pre(JSON.stringify(json).isWellFormed());
      const reversed = Object.fromEntries(Object.entries(json).reverse());
      expect(canonicalJson(reversed)).toBe(canonicalJson(json));
      expect(JSON.parse(canonicalJson(json))).toEqual(JSON.parse(JSON.stringify(json)));
    }),
    { numRuns: 500 },
  );
});

test('canonical JSON of the example in RFC 8785, section 3.2.2', () => {
  const text = canonicalJson({
    numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\u0022/",
    literals: [null, true, false],
  });
  expect(text).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
const deep = JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`) as unknown;

test.each([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['a lone surrogate', '\ud800'],
  ['a lone surrogate in a key', { '\udfff': 1 }],
  ['a function', () => 1],
  ['a symbol in a list', [Symbol('s')]],
  ['a bigint', 1n],
  ['a cycle', cycle],
  ['more than 64 levels', deep],
])('canonical JSON rejects %s', (_name, value) => {
  expect(() => canonicalJson({ value })).toThrow(TypeError);
});

test('canonical JSON rejects undefined as a value and leaves it out as a member', () => {
  expect(() => canonicalJson(undefined)).toThrow(TypeError);
  expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
});

test('every subject of a decision changes the digest; the order of keys does not', () => {
  const digest = requestDigest(subject);
  expect(requestDigest({ ...subject, fields: { window: 3_600_000, service: 'checkout' } })).toBe(
    digest,
  );
  const others = [
    { requestId: 'req_2' },
    { workflow: 'x' },
    { workflowVersion: 'w' },
    { requester: 'b' },
    { salt: 'another' },
    { beneficiary: 'b' },
    { reason: 'because' },
    { fields: { service: 'billing' } },
    ...[{ executor: 'e' }, { configHash: 'h' }, { target: 't' }, { durationMs: 1 }].map(
      (change) => ({
        plan: { stages: STAGES, execution: { ...EXECUTION, ...change } },
      }),
    ),
    ...[
      { id: 'x' },
      { name: 'x' },
      { after: ['x'] },
      { seats: [] },
      { seats: [{ roles: ['other'], where: null }] },
      { seats: [{ roles: ['approver'], where: { claim: 'c', value: 'v' } }] },
      { anyOf: [] },
      { denyQuorum: 2 },
      { stepUp: { acr: ['c1'], amr: null, maxAgeMs: null } },
    ].map((change) => ({
      plan: { stages: STAGES.map((one) => ({ ...one, ...change })), execution: EXECUTION },
    })),
  ].map((change) => requestDigest({ ...subject, ...change }));
  expect(new Set([digest, ...others]).size).toBe(others.length + 1);
});
