import { timersOf } from '../../../src/domain/request/timers.ts';
import { pendingRequest } from '../../support/builders.ts';

test('a pending request has an expiry timer, any other has none', () => {
  const request = pendingRequest();
  expect(timersOf(request)).toEqual([{ kind: 'expire', at: request.expiresAt }]);
  expect(timersOf({ ...request, state: 'approved' })).toEqual([]);
  expect(timersOf(null)).toEqual([]);
});
