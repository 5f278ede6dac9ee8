import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { requestDigest } from '../../../src/domain/request/digest.ts';
import { canonicalJson } from '../../../src/lib/canonical-json.ts';
import { EXECUTION } from '../../support/builders.ts';

const subject = {
  requestId: 'req_1',
  workflow: 'deploy',
  workflowVersion: 'v',
  requester: 'a',
  beneficiary: 'a',
  reason: null,
  fields: { service: 'checkout', window: 3_600_000 },
  execution: EXECUTION,
};

test('canonical JSON is what another implementation of RFC 8785 writes', () => {
  const value = fc.jsonValue({ noUnicodeString: false });
  fc.assert(
    fc.property(value, (json) => {
      fc.pre(JSON.stringify(json).isWellFormed());
      expect(canonicalJson(json)).toBe(canonicalize(json));
    }),
    { numRuns: 500 },
  );
});

test('the example of RFC 8785, section 3.2.2', () => {
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

test.each([Number.NaN, Number.POSITIVE_INFINITY, '\ud800', { '\udfff': 1 }, () => 1])(
  'a value without a canonical form is refused: %p',
  (value) => expect(() => canonicalJson({ value })).toThrow(TypeError),
);

test('everything that a decision is about changes the digest; the order of keys does not', () => {
  const digest = requestDigest(subject);
  expect(requestDigest({ ...subject, fields: { window: 3_600_000, service: 'checkout' } })).toBe(
    digest,
  );
  const others = [
    { requestId: 'req_2' },
    { workflow: 'x' },
    { workflowVersion: 'w' },
    { requester: 'b' },
    { beneficiary: 'b' },
    { reason: 'because' },
    { fields: { service: 'billing' } },
    { execution: { ...EXECUTION, executor: 'e' } },
    { execution: { ...EXECUTION, configHash: 'h' } },
    { execution: { ...EXECUTION, target: 't' } },
    { execution: { ...EXECUTION, durationMs: 1 } },
  ].map((change) => requestDigest({ ...subject, ...change }));
  expect(new Set([digest, ...others]).size).toBe(others.length + 1);
});
