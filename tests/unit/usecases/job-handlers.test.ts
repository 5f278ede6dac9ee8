import type { JobKind } from '../../../src/usecases/ports/job-store.ts';
import { PRIORITY } from '../../../src/usecases/ports/job-store.ts';
import { openFixture, runJob } from './fixture.ts';
import type { Fixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

test.each<JobKind>(['card', 'notify', 'execute', 'expire'])(
  'keeps a job of kind %s about a grant for a version that knows it',
  async (kind) => {
    const job = {
      key: `${kind}:grt_1`,
      kind,
      about: { type: 'grant', id: 'grt_1' },
      runAt: 0,
      priority: PRIORITY.timer,
      fence: 1,
      attempts: 1,
    } as const;
    expect(await runJob(fixture.deps, job)).toEqual({
      retryAtMs: null,
      error: `no job of kind ${kind} about a grant is known`,
    });
  },
);
