import { listRequests } from '../../../src/usecases/requests/read-requests.ts';
import { principal, stage, workflow } from '../../support/builders.ts';
import { approve, ask, ben, mia, openFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

const noor = principal({ key: 'local|noor', roles: ['approver'], claims: { department: 'Data' } });
const olu = principal({ key: 'local|olu', roles: ['auditor'] });
const HIDDEN = 60;

let fixture: Fixture;
let rows: number[];
beforeAll(async () => {
  fixture = await openFixture();
  const where = { claim: 'department', equals: { value: 'Data' } };
  fixture.workflows = [workflow({ stages: [stage({ roles: ['lead'] })] })];
  for (let at = 0; at < HIDDEN; at += 1) await ask(fixture);
  fixture.workflows = [workflow({ stages: [stage({ roles: ['approver'], where })] })];
  await ask(fixture);
  fixture.workflows = [workflow()];
  await approve(fixture, await ask(fixture));
  await ask(fixture);
  fixture.workflows = [workflow({ stages: [stage({ roles: ['lead'] })] })];
  for (let at = 0; at < HIDDEN; at += 1) await ask(fixture);
});
afterAll(() => fixture.close());

async function list(given: Partial<Parameters<typeof listRequests>[1]>) {
  rows = [];
  const { deps, store } = fixture;
  const counted = {
    ...store,
    listRequests: async (query: Parameters<typeof store.listRequests>[0]) => {
      const found = await store.listRequests(query);
      rows.push(found.length);
      return found;
    },
  };
  const page = await listRequests({ ...deps, store: counted }, { by: ben, limit: 20, ...given });
  return { ...page, numbers: page.requests.map(({ number }) => number) };
}

test('reads only what the reader may read from the store', async () => {
  expect(await list({})).toMatchObject({ numbers: [HIDDEN + 3, HIDDEN + 2], cursor: null });
  expect(rows).toEqual([2]);
  expect(await list({ by: noor })).toMatchObject({
    numbers: [HIDDEN + 3, HIDDEN + 2, HIDDEN + 1],
  });
  expect(rows).toEqual([3]);
  const stranger = principal({ key: 'local|stranger', roles: ['developer'] });
  expect(await list({ by: stranger })).toMatchObject({ numbers: [], cursor: null });
  expect(rows).toEqual([0]);
});

test('gives a cursor only where more of what may be read follows', async () => {
  const first = await list({ limit: 1 });
  expect(first).toMatchObject({ numbers: [HIDDEN + 3], cursor: String(HIDDEN + 3) });
  const { cursor } = first;
  if (cursor === null) throw new Error('a second page follows');
  expect(await list({ limit: 1, cursor })).toMatchObject({ numbers: [HIDDEN + 2], cursor: null });
});

test('finds what waits for somebody without reading what has ended', async () => {
  expect(await list({ states: ['pending'] })).toMatchObject({ numbers: [HIDDEN + 3] });
  expect(rows).toEqual([1]);
});

test('lists everything to an auditor, and the own requests to a requester and a pipeline', async () => {
  expect((await list({ by: olu, limit: 3 })).numbers).toEqual([123, 122, 121]);
  const mine = await list({ by: mia, requester: mia.key, limit: 3 });
  expect(mine).toMatchObject({ numbers: [123, 122, 121], cursor: '121' });
  const pipeline = principal({ key: 'github|p', kind: 'workload' });
  expect(await list({ by: pipeline })).toMatchObject({ numbers: [], cursor: null });
  expect(await list({ by: pipeline, requester: mia.key })).toMatchObject({ numbers: [] });
  expect(rows).toEqual([]);
});
