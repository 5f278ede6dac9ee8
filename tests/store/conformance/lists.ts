import { describe, expect, test } from '@jest/globals';
import { readersWith } from '../../../src/domain/people/readers.ts';
import type { Request, Seat } from '../../../src/domain/request/request.ts';
import type { RequestQuery } from '../../../src/usecases/ports/request-store.ts';
import { change, decision, deciding, next, person, request, submission } from '../build.ts';
import type { Given } from '../describe-store.ts';

export function listTests(given: Given): void {
  const numbers = async (query: RequestQuery) =>
    (await given().store.listRequests(query)).map(({ number }) => number);

  /** 12 requests: the workflow changes every 2, the requester every 3, the state every 4. */
  async function dozen(): Promise<void> {
    for (let at = 0; at < 12; at += 1) {
      await given().store.commit(
        submission(
          request({
            workflow: at % 2 === 0 ? 'deploy' : 'access',
            requester: person(['dana', 'kim', 'noor'][at % 3] ?? ''),
            state: (['pending', 'approved', 'denied', 'applied'] as const)[at % 4] ?? 'failed',
          }),
        ),
      );
    }
  }

  test('lists newest first without a filter', async () => {
    await dozen();
    expect(await numbers({ limit: 5 })).toEqual([12, 11, 10, 9, 8]);
  });

  test('continues a page below the last number', async () => {
    await dozen();
    expect(await numbers({ limit: 5, before: 8 })).toEqual([7, 6, 5, 4, 3]);
    expect(await numbers({ limit: 5, before: 3 })).toEqual([2, 1]);
    expect(await numbers({ limit: 5, before: 1 })).toEqual([]);
  });

  test('filters by one state and by several', async () => {
    await dozen();
    expect(await numbers({ states: ['pending'], limit: 10 })).toEqual([9, 5, 1]);
    expect(await numbers({ states: ['pending', 'denied'], limit: 10 })).toEqual([
      11, 9, 7, 5, 3, 1,
    ]);
    expect(await numbers({ states: ['denied', 'pending'], limit: 2, before: 9 })).toEqual([7, 5]);
    expect(await numbers({ states: ['pending', 'pending'], limit: 10 })).toEqual([9, 5, 1]);
    expect(await numbers({ states: ['revoked'], limit: 10 })).toEqual([]);
    expect(await numbers({ states: [], limit: 10 })).toEqual([]);
  });

  test('filters by workflow', async () => {
    await dozen();
    expect(await numbers({ workflow: 'access', limit: 3 })).toEqual([12, 10, 8]);
    expect(await numbers({ workflow: 'access', limit: 3, before: 8 })).toEqual([6, 4, 2]);
    expect(await numbers({ workflow: 'deploy', states: ['pending'], limit: 9 })).toEqual([9, 5, 1]);
    expect(await numbers({ workflow: 'none', limit: 9 })).toEqual([]);
  });

  test('filters by requester', async () => {
    await dozen();
    const requester = person('kim').key;
    expect(await numbers({ requester, limit: 3 })).toEqual([11, 8, 5]);
    expect(await numbers({ requester, limit: 3, before: 5 })).toEqual([2]);
    expect(await numbers({ requester, states: ['applied'], limit: 3 })).toEqual([8]);
  });

  test('filters by requester and workflow together', async () => {
    await dozen();
    const requester = person('kim').key;
    expect(await numbers({ requester, workflow: 'access', limit: 9 })).toEqual([8, 2]);
    expect(await numbers({ requester, workflow: 'access', states: ['applied'], limit: 9 })).toEqual(
      [8],
    );
  });

  test('lists a request under its new state, with its decisions', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const click = deciding(asked, { decision: decision(asked) });
    await store.commit(click);
    expect(await numbers({ states: ['pending'], limit: 9 })).toEqual([]);
    const [listed] = await store.listRequests({ states: ['approved'], limit: 9 });
    expect(listed).toEqual(await store.loadRequest(asked.id));
    expect(listed?.decisions).toEqual([click.decision]);
  });

  test('a filter on another property finds every state', async () => {
    const { store } = given();
    const states: readonly Request['state'][] = [
      'pending',
      'approved',
      'applying',
      'applied',
      'failed',
      'unknown',
      'denied',
      'expired',
      'cancelled',
      'revoking',
      'revoked',
    ];
    for (const state of states) {
      const asked = request({ workflow: 'w' });
      await store.commit(submission(asked));
      await store.commit(
        change({
          guard: { requestId: asked.id, version: 1 },
          request: next(asked, { state }),
        }),
      );
    }
    expect(await numbers({ workflow: 'w', limit: 20 })).toHaveLength(states.length);
  });

  describe('of what somebody may read', () => {
    const reader = (change: Partial<Parameters<typeof readersWith>[0]> = {}) =>
      readersWith({ key: person('olu').key, roles: [], claims: {}, ...change });
    const seat = (roles: string[], where: Seat['where'] = null): Seat => ({ roles, where });
    const asking = (seats: Seat[], change: Partial<Request> = {}) => {
      const plain = request(change);
      const [stage] = plain.plan.stages;
      if (stage === undefined) throw new Error('a request has a stage');
      return { ...plain, plan: { ...plain.plan, stages: [{ ...stage, seats }] } };
    };

    test('finds by role, by a claim beside it, and by the own key', async () => {
      const payments = { claim: 'department', value: 'Payments' };
      const asked = [
        asking([seat(['approver'])]),
        asking([seat(['approver'], payments)]),
        asking([seat(['lead']), seat(['finance'])]),
        asking([seat(['lead'])], { requester: person('olu'), beneficiary: person('kim') }),
      ];
      for (const one of asked) await given().store.commit(submission(one));
      const found = (change: Parameters<typeof reader>[0]) =>
        numbers({ readers: reader(change), limit: 9 });
      expect(await found({})).toEqual([4]);
      expect(await found({ key: person('kim').key })).toEqual([4]);
      expect(await found({ roles: ['approver'] })).toEqual([4, 1]);
      const claims = { department: 'Payments' };
      expect(await found({ roles: ['approver'], claims })).toEqual([4, 2, 1]);
      expect(await found({ roles: ['finance'], claims })).toEqual([4, 3]);
      expect(await found({ roles: ['lead', 'finance', 'approver'] })).toEqual([4, 3, 1]);
    });

    test('pages and filters, each request once', async () => {
      for (let at = 0; at < 8; at += 1) {
        const seats = at % 2 === 0 ? [seat(['approver', 'lead'])] : [seat(['other'])];
        const workflow = at % 4 === 0 ? 'deploy' : 'access';
        await given().store.commit(submission(asking(seats, { workflow })));
      }
      const readers = reader({ roles: ['approver', 'lead'] });
      expect(await numbers({ readers, limit: 3 })).toEqual([7, 5, 3]);
      expect(await numbers({ readers, limit: 3, before: 3 })).toEqual([1]);
      expect(await numbers({ readers, workflow: 'deploy', limit: 9 })).toEqual([5, 1]);
      const requester = person('nobody').key;
      expect(await numbers({ readers, requester, limit: 9 })).toEqual([]);
    });

    test('keeps what waits apart from what has ended, and finds who decided', async () => {
      const { store } = given();
      const [first, second] = [asking([seat(['approver'])]), asking([seat(['approver'])])];
      for (const one of [first, second]) await store.commit(submission(one));
      const word = decision(first);
      await store.commit(deciding(first, { decision: word }));
      const decided = reader({ key: word.approver.key });
      expect(await numbers({ readers: decided, states: ['approved'], limit: 9 })).toEqual([1]);
      const ended = next(first, { version: 3, state: 'denied', decisions: [word] });
      const guard = { requestId: first.id, version: 2 };
      await store.commit(change({ guard, request: ended }));
      const readers = reader({ roles: ['approver'] });
      expect(await numbers({ readers, states: ['pending'], limit: 9 })).toEqual([2]);
      expect(await numbers({ readers, states: ['denied'], limit: 9 })).toEqual([1]);
      expect(await numbers({ readers, limit: 9 })).toEqual([2, 1]);
      expect(await numbers({ readers: decided, states: ['denied'], limit: 9 })).toEqual([1]);
      expect(await numbers({ readers: decided, states: ['approved'], limit: 9 })).toEqual([]);
    });
  });
}
