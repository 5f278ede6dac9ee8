import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Request } from '../../../src/domain/request/request.ts';
import { submit } from '../../../src/domain/request/submit.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { openSqlite } from '../../store/open-sqlite.ts';
import { recorderIn } from '../../support/events.ts';
import { BY_API, EXECUTION, NOW, principal, stage, workflow } from '../../support/builders.ts';

let opened: Awaited<ReturnType<typeof openSqlite>>;
beforeAll(async () => {
  opened = await openSqlite();
});
afterAll(() => opened.cleanup());

/** The script of docs/reference/digest.md, on the store of the test. */
function runScript(requestId: string): string {
  const text = readFileSync(new URL('../../../docs/reference/digest.md', import.meta.url), 'utf8');
  const script = /```js\n(.*?)```/s.exec(text)?.[1];
  if (script === undefined) throw new Error('digest.md holds no script');
  const file = join(dirname(opened.path), 'digest.mjs');
  writeFileSync(file, script);
  const { stdout } = spawnSync(process.execPath, [file, opened.path, requestId], {
    encoding: 'utf8',
  });
  return stdout.trim();
}

/** Creates a request with all inputs of a digest; `change` falsifies it. */
async function ask(id: string, change: Partial<Request> = {}): Promise<string> {
  const made = submit(
    {
      id,
      salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
      workflow: workflow({
        stages: [
          stage({
            name: 'Heads “Ω”',
            quorum: 2,
            where: { claim: 'department', equals: { requesterClaim: 'department' } },
          }),
          stage({ name: 'Security', stepUp: { acr: ['c1'], amr: null, maxAgeMs: 600_000 } }),
        ],
      }),
      requester: principal({
        key: 'local|mia',
        roles: ['developer'],
        claims: { department: ['Payments', 'Ops'] },
      }),
      fields: { service: 'checkout' },
      reason: 'line\n"quoted" \u{1F680}',
      planExecution: () => EXECUTION,
      origin: BY_API,
    },
    NOW,
  );
  if (!made.ok) throw new Error(made.refusal.code);
  const { request, events } = made.step;
  await recorderIn(opened.store)(events, NOW, (recorded) =>
    opened.store.commit({
      id: systemIds.next('chg', NOW),
      at: NOW,
      request: { ...request, ...change },
      ...recorded,
    }),
  );
  return request.digest;
}

test('the script of digest.md recomputes the digest that the audit log has', async () => {
  const digest = await ask('req_1');
  expect(runScript('req_1')).toBe(`${digest} is what was recorded`);
});

test('the script of digest.md detects a plan that was not approved', async () => {
  const plan = { stages: [], execution: EXECUTION, channel: 'approvals', fields: [] };
  const digest = await ask('req_2', { plan });
  const said = runScript('req_2');
  expect(said).toContain('is NOT what was recorded');
  expect(said).not.toContain(digest);
});

test('the script of digest.md says that a salt is erased', async () => {
  const digest = await ask('req_3', { salt: null });
  expect(runScript('req_3')).toBe(`${digest} was recorded; its salt is erased`);
});
