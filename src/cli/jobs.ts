import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { isJsonObject } from '../lib/strict-json.ts';
import { JOB_STATES } from '../usecases/ports/job-admin-store.ts';
import type { JobState } from '../usecases/ports/job-admin-store.ts';
import { callApi } from './api-client.ts';
import type { ApiAnswer } from './api-client.ts';
import { defineCommand, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { jsonOption, serviceOptions } from './options.ts';
import { plain, reportProblem } from './report.ts';
import { serviceOf } from './service.ts';

const BY_WHOM = 'For administrators, over the API.';
const MAX_PAGES = 1_000;

/** `countersign jobs list`: jobs of the running service, for an administrator. */
export const jobsList = defineCommand({
  options: (command) =>
    serviceOptions(command)
      .addOption(
        new Option(
          '--state <state...>',
          `states to list: ${JOB_STATES.join(', ')} (default: dead undeliverable)`,
        ).argParser(toStates),
      )
      .addOption(jsonOption),
  notes: BY_WHOM,
  async run({ options, io }) {
    const service = await serviceOf(options, io);
    const query = new URLSearchParams({ limit: '100' });
    for (const state of options.state ?? []) query.append('state', state);
    const jobs: unknown[] = [];
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await callApi(service, { method: 'GET', path: `/v1/jobs?${query}` }, io);
      if (answer.status !== 200) return reportProblem(answer, options.json, io);
      const { jobs: found, cursor } = answer.body;
      if (Array.isArray(found)) jobs.push(...found);
      if (typeof cursor !== 'string') break;
      query.set('cursor', cursor);
    }
    if (options.json) io.stdout(`${JSON.stringify({ jobs })}\n`);
    else if (jobs.length === 0) io.stdout('No jobs.\n');
    else for (const job of jobs) io.stdout(`${lineOf(job)}\n`);
    return EXIT.done;
  },
});

/** `countersign jobs show`. */
export const jobsShow = oneJob('GET', '', (job) => `${linesOf(job).join('\n')}\n`);
/** `countersign jobs retry`: makes a job due that was given up or rests after a failure. */
export const jobsRetry = oneJob('POST', '/retry', (job) => `Due now: ${lineOf(job)}\n`);
/** `countersign jobs drop`: deletes a job that was given up. */
export const jobsDrop = oneJob('POST', '/drop', (job) => `Dropped: ${lineOf(job)}\n`);

/** A command about one job. A repeat does no harm: the job is then due, or gone. */
function oneJob(method: 'GET' | 'POST', path: string, say: (job: ApiAnswer['body']) => string) {
  return defineCommand({
    options: (command) =>
      serviceOptions(command)
        .argument('<job-id>', 'id of the job, as `jobs list` prints it')
        .addOption(jsonOption),
    notes: BY_WHOM,
    async run({ args: [id], options, io }: OneJob) {
      const service = await serviceOf(options, io);
      const call = { method, path: `/v1/jobs/${encodeURIComponent(id)}${path}` };
      const answer = await callApi(service, call, io);
      if (answer.status !== 200) return reportProblem(answer, options.json, io);
      io.stdout(options.json ? `${JSON.stringify(answer.body)}\n` : say(answer.body));
      return EXIT.done;
    },
  });
}

interface OneJob {
  readonly args: [string];
  readonly options: { url?: string; tokenFile?: string; audience?: string; json?: true };
  readonly io: CommandIo;
}

function lineOf(job: unknown): string {
  const { id, state, number, attempts, reason } = isJsonObject(job) ? job : {};
  const about = number === null ? [] : [`request ${plain(number)}`];
  const parts = [plain(id), plain(state), ...about, `${plain(attempts)} attempts`];
  return [...parts, ...(reason === null ? [] : [plain(reason)])].join('  ');
}

function linesOf(job: ApiAnswer['body']): string[] {
  const { id, kind, state, number, about, attempts, dueAt, reason } = job;
  const { type, id: subject } = isJsonObject(about) ? about : {};
  const rows: readonly (readonly [string, unknown])[] = [
    ['job', id],
    ['does', kind],
    ['state', state],
    ['about', number === null ? `${plain(type)} ${plain(subject)}` : `request ${plain(number)}`],
    ['attempts', attempts],
    ['next', dueAt ?? 'never'],
    ['reason', reason ?? 'has not failed'],
  ];
  return rows.map(([name, value]) => `${name.padEnd(8)}  ${plain(value, { max: 2_000 })}`);
}

function toStates(text: string, before: JobState[] = []): JobState[] {
  const state = JOB_STATES.find((one) => one === text);
  if (state !== undefined) return [...before, state];
  throw new InvalidArgumentError(`Give one of ${JOB_STATES.join(', ')}.`);
}
