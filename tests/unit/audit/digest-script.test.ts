import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { submit } from '../../../src/domain/request/submit.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { recordEvents } from '../../../src/usecases/record-events.ts';
import { openSqlite } from '../../store/open-sqlite.ts';
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

/** Creates a request with all inputs of a digest; `change` falsifies its event. */
async function ask(id: string, change: object = {}): Promise<string> {
  const made = submit(
    {
      id,
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
  const { events: recorded } = recordEvents({ ids: systemIds }, events, NOW);
  await opened.store.commit({
    id: systemIds.next('chg', NOW),
    at: NOW,
    request,
    events: recorded.map((event) => ({ ...event, body: falsified(event.body, change) })),
  });
  return request.digest;
}

function falsified(body: string, change: object): string {
  const event = JSON.parse(body) as { data: object };
  return JSON.stringify({ ...event, data: { ...event.data, ...change } });
}

test('the script of digest.md recomputes the digest from the audit log alone', async () => {
  const digest = await ask('req_1');
  expect(runScript('req_1')).toBe(`${digest} is what was recorded`);
});

test('the script of digest.md detects a plan that was not approved', async () => {
  const digest = await ask('req_2', {
    plan: { stages: [], execution: EXECUTION },
  });
  const said = runScript('req_2');
  expect(said).toContain('is NOT what was recorded');
  expect(said).not.toContain(digest);
});
