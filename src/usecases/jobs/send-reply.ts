import type { AppContext, JobDeps } from '../app-context.ts';
import type { Reply } from '../ports/app.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { Job, NewJob } from '../ports/job-store.ts';
import { PRIORITY } from '../ports/job-store.ts';
import { personKey } from '../people/people.ts';
import { commitWithRetry } from '../store-faults.ts';
import { tryLater } from './job-handler.ts';
import type { JobContext, JobResult } from './job-handler.ts';

/** A reply that comes a day late answers nothing. */
const NEEDED_MS = 86_400_000;
const FIRST_REST_MS = 1_000;

/** Commits a job that sends the reply. Errors: the store's. */
export async function replyLater(deps: AppContext, reply: Reply): Promise<void> {
  const at = deps.clock.now();
  const id = deps.ids.next('chg', at);
  await commitWithRetry(deps.store, { id, at, jobs: [replyJob(reply, id, at)] });
  deps.signals.jobsWaiting();
}

function replyJob({ to, message, person }: Reply, id: string, now: number): NewJob {
  return {
    key: `reply:${id}`,
    kind: 'reply',
    about: { type: 'person', id: person === null ? 'person:unknown' : personKey(person) },
    runAt: now + FIRST_REST_MS,
    when: 'earliest',
    priority: PRIORITY.delivery,
    body: JSON.stringify({ to, message, dueAt: now }),
  };
}

/** Sends a reply that could not be sent at once. */
export async function sendReply(
  deps: JobDeps,
  { body, runAt }: Job<'reply'>,
  context: JobContext,
): Promise<JobResult> {
  if (body === null || body === undefined) return { dead: 'the reply has no text' };
  const { to, message, dueAt } = JSON.parse(body) as Omit<Reply, 'person'> & { dueAt: number };
  try {
    await deps.notifier.reply(to, message, { ...context, dueAt: runAt });
    return 'done';
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    return tryLater(deps, error, dueAt + NEEDED_MS);
  }
}
