import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/run.ts';
import type { Json } from '../../src/local/world.ts';
import type { NewJob, Parked } from '../../src/usecases/ports/job-store.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  DEPLOYMENT,
  api,
  askByApi,
  personToken,
  placeInChannel,
} from '../support/people-at-work.ts';
import type { Asked } from '../support/people-at-work.ts';
import { eventually } from '../../src/local/find.ts';
import { auditRowsOfType } from '../support/world-database.ts';

const HOUR_MS = 3_600_000;
const REFUSED = 'target_refused {"target":"deploy.example","status":422,"said":null}';

let world: LocalWorld;
let asked: Asked;
beforeAll(async () => {
  world = await startWorld();
  const ingrid = world.people.find(({ id }) => id === 'ingrid');
  ingrid?.roles.push('administrator');
  asked = await askByApi(world, 'mia', DEPLOYMENT);
  await placeInChannel(world, asked.number);
});
afterAll(() => world?.stop());

/** Makes a job, and parks it as a worker does. It is due too late for the service to take it. */
async function park(key: string, given: Partial<NewJob> & { error?: string; parked?: Parked }) {
  const { store } = world.service;
  const { error = 'Teams did not take the card: status 403', parked, ...job } = given;
  const at = Date.now();
  const runAt = at + 100 * HOUR_MS;
  const about = { type: 'request', id: asked.id } as const;
  const made = { key, kind: 'card', about, runAt, when: 'earliest', priority: 0, ...job } as const;
  await store.commit({ id: `chg_${key}`, at, jobs: [made] });
  // Its expiry and other timers are due earlier, and go back as they were.
  const taken = await store.leaseJobs({ limit: 100, leaseMs: HOUR_MS, now: runAt });
  for (const { key: other, fence, runAt: due } of taken) {
    await store.releaseJob(
      other === key
        ? { key, fence, runAt: null, error, ...(parked ? { parked } : {}) }
        : { key: other, fence, runAt: due, error: null },
    );
  }
}

async function run(...words: string[]) {
  const written = { out: '', err: '' };
  await writeFile(join(world.home, 'token'), await personToken(world, 'ingrid'));
  const exit = await runCommandLine([...words, '--token-file', 'token'], {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    env: { COUNTERSIGN_URL: world.url },
    cwd: world.home,
  });
  return { exit, ...written };
}

/** Scrapes share one reading of the gauges for a short time. */
const countsDead = (count: number) =>
  eventually(`${count} dead jobs`, async () => {
    const text = await (await fetch(`${world.url}/metrics`)).text();
    return text.includes(`\ncountersign_jobs_dead ${count}\n`);
  });
const as = (person: string, path: string, body?: Json) =>
  api(world, path, { as: person, ...(body ? { body } : {}) });

test('an administrator lists dead jobs with the reason in words, retries and drops them', async () => {
  await park('card:crd_nobody', {});
  await park(`execute:${asked.id}`, { kind: 'execute', error: REFUSED });
  await park('card:crd_late', { parked: 'undeliverable' });
  await countsDead(2);
  const listed = await run('jobs', 'list');
  expect(listed).toMatchObject({ exit: 0, err: '' });
  expect(listed.out.split('\n')).toEqual([
    `card:crd_late  undeliverable  request ${asked.number}  1 attempts  Teams did not take the card: status 403`,
    `card:crd_nobody  dead  request ${asked.number}  1 attempts  Teams did not take the card: status 403`,
    `execute:${asked.id}  dead  request ${asked.number}  1 attempts  deploy.example refused it (422).`,
    '',
  ]);
  const shown = await run('jobs', 'show', `execute:${asked.id}`, '--json');
  expect(JSON.parse(shown.out)).toEqual({
    id: `execute:${asked.id}`,
    kind: 'execute',
    state: 'dead',
    about: { type: 'request', id: asked.id },
    number: asked.number,
    attempts: 1,
    dueAt: null,
    reason: 'deploy.example refused it (422).',
  });
  // The worker finds nothing to do for a card that is not there, so the job ends.
  expect(await run('jobs', 'retry', 'card:crd_nobody')).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^Due now: card:crd_nobody /),
  });
  await eventually('the job has ended', async () =>
    (await as('ingrid', '/v1/jobs/card:crd_nobody')).status === 404 ? true : undefined,
  );
  expect(await run('jobs', 'drop', `execute:${asked.id}`)).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^Dropped: execute:/),
  });
  await countsDead(0);
  expect(await run('jobs', 'drop', 'card:crd_late')).toMatchObject({ exit: 0 });
  expect(await run('jobs', 'list')).toMatchObject({ exit: 0, out: 'No jobs.\n' });
  expect((await auditRowsOfType(world, 'job.retried')).map(({ data }) => data)).toMatchObject([
    {
      job: 'card:crd_nobody',
      kind: 'card',
      attempts: 1,
      roles: expect.arrayContaining(['administrator']),
    },
  ]);
  const dropped = await auditRowsOfType(world, 'job.dropped');
  expect(dropped.map(({ data, requestId }) => [data['job'], requestId])).toEqual([
    [`execute:${asked.id}`, asked.id],
    ['card:crd_late', asked.id],
  ]);
  expect((await world.database.verify(world.url)).exit).toBe(0);
});

test('nobody else reads or touches a job', async () => {
  await park('card:crd_kept', {});
  for (const path of ['/v1/jobs', '/v1/jobs/card:crd_kept', '/v1/jobs/none']) {
    for (const person of ['mia', 'amara']) {
      const { status, body } = await as(person, path);
      expect([path, status, body['code']]).toEqual([path, 403, 'not_administrator']);
    }
  }
  for (const verb of ['retry', 'drop']) {
    const { status, body } = await as('amara', `/v1/jobs/card:crd_kept/${verb}`, {});
    expect([verb, status, body['code']]).toEqual([verb, 403, 'not_administrator']);
  }
  await countsDead(1);
  expect(await run('jobs', 'drop', 'card:crd_kept')).toMatchObject({ exit: 0 });
});

test('refuses to drop a job that is still tried, and to retry one that has not failed', async () => {
  const key = `expire:${asked.id}`;
  const timer = await as('ingrid', `/v1/jobs/${key}`);
  expect(timer.body).toMatchObject({ state: 'waiting', reason: null, kind: 'expire' });
  const code = async (path: string) => (await as('ingrid', `/v1/jobs/${path}`, {})).body['code'];
  expect(await code(`${key}/drop`)).toBe('job_not_dead');
  expect(await code(`${key}/retry`)).toBe('job_not_failed');
  expect(await code('none/retry')).toBe('job_not_found');
  expect((await as('ingrid', `/v1/jobs/${key}`)).body).toEqual(timer.body);
});

test('pages by id, and refuses a cursor that is none', async () => {
  await park('card:crd_1', {});
  await park('card:crd_2', {});
  const first = await as('ingrid', '/v1/jobs?limit=1');
  expect(first.body).toMatchObject({ jobs: [{ id: 'card:crd_1' }], cursor: 'card:crd_1' });
  const second = await as('ingrid', '/v1/jobs?limit=1&cursor=card:crd_1');
  expect(second.body).toMatchObject({ jobs: [{ id: 'card:crd_2' }], cursor: null });
  const waiting = await as('ingrid', '/v1/jobs?state=waiting&state=dead');
  expect((waiting.body['jobs'] as Json[]).map(({ state }) => state)).toEqual([
    'dead',
    'dead',
    'waiting',
  ]);
  for (const query of ['cursor=%00', 'state=gone', 'limit=0']) {
    expect((await as('ingrid', `/v1/jobs?${query}`)).body['code']).toBe('query_invalid');
  }
});
