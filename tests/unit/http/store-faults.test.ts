import { errorReply, isFault } from '../../../src/http/problem.ts';
import { StoreError } from '../../../src/usecases/ports/store-error.ts';
import type { StoreErrorCode } from '../../../src/usecases/ports/store-error.ts';

const replyOf = (code: StoreErrorCode) => errorReply(new StoreError(code, 'The path is secret.'));

test.each<[StoreErrorCode, RegExp]>([
  ['store_busy', /^Nothing was changed/],
  ['store_full', /^Nothing was changed.*freed space/],
  ['store_readonly', /^Nothing was changed/],
  ['store_closed', /^Nothing was changed/],
  ['store_unavailable', /may or may not.*same Idempotency-Key is safe/],
])('%s answers 503 with Retry-After and says whether anything changed', (code, detail) => {
  const { status, body, headers } = replyOf(code);
  expect({ status, headers }).toEqual({
    status: 503,
    headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
  });
  expect(body).toMatchObject({ code, detail: expect.stringMatching(detail) });
  expect(JSON.stringify(body)).not.toContain('secret');
});

test.each<[StoreErrorCode]>([['store_corrupt'], ['store_rejected'], ['schema_newer']])(
  '%s answers 500 and reveals nothing',
  (code) => {
    expect(replyOf(code)).toMatchObject({ status: 500, body: { code: 'internal_error' } });
  },
);

test('logs every store error but store_busy', () => {
  expect(isFault(new StoreError('store_busy', ''))).toBe(false);
  expect(isFault(new StoreError('store_full', ''))).toBe(true);
});
