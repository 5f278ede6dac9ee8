import { errorReply, isFault } from '../../../src/http/problem.ts';
import { StoreError } from '../../../src/store/errors.ts';
import type { StoreErrorCode } from '../../../src/store/errors.ts';

const replyOf = (code: StoreErrorCode) => errorReply(new StoreError(code, 'The path is secret.'));

test.each<[StoreErrorCode, RegExp]>([
  ['store_busy', /^Nothing was changed/],
  ['store_full', /^Nothing was changed.*made room/],
  ['store_readonly', /^Nothing was changed/],
  ['store_closed', /^Nothing was changed/],
  ['store_unavailable', /may or may not.*same Idempotency-Key is safe/],
])('%s: 503 to come back later, and whether anything was changed', (code, detail) => {
  const { status, body, headers } = replyOf(code);
  expect({ status, headers }).toEqual({ status: 503, headers: { 'retry-after': '1' } });
  expect(body).toMatchObject({ code, detail: expect.stringMatching(detail) });
  expect(JSON.stringify(body)).not.toContain('secret');
});

test.each<[StoreErrorCode]>([['store_corrupt'], ['store_rejected'], ['schema_newer']])(
  '%s is a fault that tells nothing of itself',
  (code) => {
    expect(replyOf(code)).toMatchObject({ status: 500, body: { code: 'internal_error' } });
  },
);

test('all but a busy store are worth a line in the log', () => {
  expect(isFault(new StoreError('store_busy', ''))).toBe(false);
  expect(isFault(new StoreError('store_full', ''))).toBe(true);
});
