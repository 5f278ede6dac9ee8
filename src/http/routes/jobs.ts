import { z } from 'zod';
import { JOB_STATES } from '../../usecases/ports/job-admin-store.ts';
import { callerOf } from '../bearer.ts';
import { checkBody, readQuery } from '../check-input.ts';
import { jsonAnswer } from '../openapi/answers.ts';
import { jobListSchema, jobPath, jobSchema } from '../openapi/schemas.ts';
import { refusalReply } from '../problem.ts';
import { jobJson } from '../representation.ts';
import type { Reply, Route, RouteCall, RouteDeps } from '../route.ts';

const cursor = z
  .string()
  .max(200)
  .regex(/^[\w:.-]+$/, 'must come from a page of this list')
  .optional();

const querySchema = z.object({
  state: z
    .array(z.enum(JOB_STATES))
    .optional()
    .describe('May be given more than once. Default: `dead` and `undeliverable`'),
  cursor: cursor.describe('From the page before'),
  limit: z.int().min(1).max(100).default(20),
});

const bodySchema = z.strictObject({});

/** GET /v1/jobs: for administrators. */
export const listJobsRoute: Route = {
  method: 'GET',
  path: '/v1/jobs',
  operationId: 'listJobs',
  summary: 'Jobs, by id',
  description: 'For administrators. Without `state` those that are given up.',
  tag: 'Jobs',
  auth: 'bearer',
  query: querySchema,
  responses: { 200: jsonAnswer('A page; `cursor` is null on the last', jobListSchema) },
  problems: ['query_invalid', 'not_administrator', 'rate_limited'],
  async handle({ req }, deps) {
    const by = await callerOf(deps, req);
    const admitted = deps.app.admitList(by);
    if (!admitted.ok) return refusalReply(admitted.refusal);
    const { state = [], cursor: after, limit } = readQuery(querySchema, req.url);
    const page = await deps.app.listJobs({
      by,
      limit,
      ...(state.length > 0 ? { states: [...new Set(state)] } : {}),
      ...(after === undefined ? {} : { cursor: after }),
    });
    if (page.kind === 'refused') return refusalReply(page.refusal);
    return { status: 200, body: { jobs: page.jobs.map(jobJson), cursor: page.cursor } };
  },
};

/** GET /v1/jobs/:id: for administrators. */
export const readJobRoute: Route = {
  method: 'GET',
  path: '/v1/jobs/:id',
  operationId: 'readJob',
  summary: 'One job',
  description: 'For administrators.',
  tag: 'Jobs',
  auth: 'bearer',
  params: jobPath,
  responses: { 200: jsonAnswer('The job', jobSchema) },
  problems: ['job_not_found', 'not_administrator'],
  async handle({ req, params }, deps) {
    const by = await callerOf(deps, req);
    return jobReply(await deps.app.readJob({ by, key: params.id ?? '' }));
  },
};

/** POST /v1/jobs/:id/retry: for administrators. */
export const retryJobRoute: Route = {
  method: 'POST',
  path: '/v1/jobs/:id/retry',
  operationId: 'retryJob',
  summary: 'Try a job again now',
  description: 'For administrators. A job that was given up, or that rests after a failure.',
  tag: 'Jobs',
  auth: 'bearer',
  params: jobPath,
  body: { schema: bodySchema, limit: 'apiBytes', optional: true },
  responses: { 200: jsonAnswer('Due now; the job as it is then', jobSchema) },
  problems: ['body_invalid', 'job_not_found', 'job_not_failed', 'not_administrator'],
  handle: (call, deps) => changeJob(call, deps, 'retryJob'),
};

/** POST /v1/jobs/:id/drop: for administrators. */
export const dropJobRoute: Route = {
  method: 'POST',
  path: '/v1/jobs/:id/drop',
  operationId: 'dropJob',
  summary: 'Delete a job that was given up',
  description: 'For administrators.',
  tag: 'Jobs',
  auth: 'bearer',
  params: jobPath,
  body: { schema: bodySchema, limit: 'apiBytes', optional: true },
  responses: { 200: jsonAnswer('Deleted; the job as it was', jobSchema) },
  problems: ['body_invalid', 'job_not_found', 'job_not_dead', 'not_administrator'],
  handle: (call, deps) => changeJob(call, deps, 'dropJob'),
};

async function changeJob(
  { req, params, body }: RouteCall,
  deps: RouteDeps,
  change: 'retryJob' | 'dropJob',
): Promise<Reply> {
  const by = await callerOf(deps, req);
  if (body !== undefined) checkBody(bodySchema, body);
  return jobReply(await deps.app[change]({ by, key: params.id ?? '' }));
}

function jobReply(result: Awaited<ReturnType<RouteDeps['app']['readJob']>>) {
  if (result.kind === 'refused') return refusalReply(result.refusal);
  return { status: 200, body: jobJson(result.job) };
}
