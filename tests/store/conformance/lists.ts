import { expect, test } from '@jest/globals';
import type { Request } from '../../../src/domain/request/request.ts';
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
}
