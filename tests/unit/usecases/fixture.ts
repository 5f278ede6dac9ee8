import { createAuditReader } from '../../../src/audit/audit-reader.ts';
import { createCards } from '../../../src/cards/cards.ts';
import { en } from '../../../src/text/en.ts';
import { outcomeOf } from '../../../src/domain/outcome.ts';
import { openStages } from '../../../src/domain/request/stages.ts';
import { sha256 } from '../../../src/lib/hash.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { createApp } from '../../../src/usecases/app.ts';
import type { App } from '../../../src/usecases/app.ts';
import type { JobDeps } from '../../../src/usecases/app-context.ts';
import type { ExecutionResult, Executors } from '../../../src/usecases/ports/executors.ts';
import type { MakeCard, Posted } from '../../../src/usecases/ports/notifier.ts';
import { jobHandlers } from '../../../src/usecases/jobs/job-handlers.ts';
import type { JobHandler, JobResult } from '../../../src/usecases/jobs/job-handler.ts';
import { createSignals } from '../../../src/usecases/signals.ts';
import type { Change, CommitResult } from '../../../src/usecases/ports/request-store.ts';
import type { Job } from '../../../src/usecases/ports/job-store.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import { StoreError } from '../../../src/usecases/ports/store-error.ts';
import { openSqlite } from '../../store/open-sqlite.ts';
import { EXECUTION, LIMITS_OF_TESTS, principal, workflow } from '../../support/builders.ts';
import { openedEvents, recorderIn } from '../../support/events.ts';

export const mia = principal({ key: 'local|mia', roles: ['developer'] });
export const ben = principal({ key: 'local|ben', roles: ['approver'] });

/** The use cases over a real SQLite store, with controllable surroundings. */
export interface Fixture {
  readonly app: App;
  readonly deps: JobDeps;
  readonly store: Store;
  /** The messages in Teams: message id → revision of the card. */
  readonly messages: Map<string, number>;
  /** The requests that the executor was called with, and its result. */
  readonly executed: string[];
  says: () => Promise<ExecutionResult>;
  /** The current configuration of the executor. */
  configHash: string;
  repeatable: boolean;
  /** Runs while a post or an update waits for its turn. */
  beforeTurn: () => Promise<void>;
  /** Runs before Teams answers a post or an update. */
  beforeAnswer: (posted: Posted) => Promise<void>;
  /** Replaces each commit; the second argument carries it out. */
  commit: (change: Change, real: () => Promise<CommitResult>) => Promise<CommitResult>;
  workflows: readonly ReturnType<typeof workflow>[];
  /** Moves the clock forward or back. */
  pass(ms: number): void;
  /** Leases the due jobs of one kind, and returns the others. */
  lease(kind: Job['kind'], leaseMs?: number): Promise<readonly Job[]>;
  close(): Promise<void>;
}

export const outcome = (code: 'applied' | 'target_timeout') =>
  outcomeOf(code, { target: 'target', status: 0, said: null }, { at: 1 });

/** The error of a call whose answer was lost. */
export const answerLost = () => new StoreError('store_unavailable', 'The answer was lost.');

/** A new fixture; `close` it. */
export async function openFixture(): Promise<Fixture> {
  const opened = await openSqlite();
  const { store } = opened;
  const messages = new Map<string, number>();
  const executed: string[] = [];
  const executors: Executors = {
    plan: () => ({ ...EXECUTION, configHash: fixture.configHash }),
    repeatable: () => fixture.repeatable,
    execute: (request) => {
      executed.push(request.id);
      return fixture.says();
    },
  };
  const show = async (at: () => Posted, make: MakeCard) => {
    await fixture.beforeTurn();
    const card = await make();
    if (card === null) return null;
    const posted = at();
    messages.set(posted.activityId, Number(card.summary));
    await fixture.beforeAnswer(posted);
    return posted;
  };
  const deps: JobDeps = {
    clock: opened.clock,
    ids: systemIds,
    log: silentLogger,
    executors,
    store: { ...store, commit: (change) => fixture.commit(change, () => store.commit(change)) },
    workflows: {
      get: (id) => fixture.workflows.find((one) => one.id === id),
      list: () => fixture.workflows,
    },
    administration: { issuers: ['local'], roles: ['administrator'], auditorRoles: ['auditor'] },
    audit: createAuditReader(store),
    limits: LIMITS_OF_TESTS,
    signals: createSignals(() => undefined),
    waitTokenMac: (text) => text,
    onceKeyMac: sha256,
    record: recorderIn(store),
    linkedTo: () => [],
    notifier: {
      postCard: (_to, card) =>
        show(
          () => ({
            conversationId: '19:approvals',
            serviceUrl: 'https://teams.example',
            activityId: `m${messages.size + 1}`,
          }),
          card,
        ),
      updateCard: (at, card) => show(() => at, card),
      tell: async () => undefined,
      reply: async () => undefined,
    },
    cards: {
      ...createCards()(en),
      request: (request) => ({ card: {}, summary: String(request.version) }),
    },
  };
  const fixture: Fixture = {
    app: createApp(deps),
    deps,
    store,
    messages,
    executed,
    says: async () => ({ kind: 'applied', outcome: outcome('applied') }),
    configHash: EXECUTION.configHash,
    repeatable: false,
    beforeTurn: async () => undefined,
    beforeAnswer: async () => undefined,
    commit: (_change, real) => real(),
    workflows: [workflow()],
    pass: (ms) => opened.clock.set(opened.clock.now() + ms),
    lease: async (kind, leaseMs = 60_000) => {
      const now = opened.clock.now();
      const jobs = await store.leaseJobs({ limit: 50, leaseMs, now });
      for (const { key, fence } of jobs.filter((job) => job.kind !== kind)) {
        await store.releaseJob({ key, fence, runAt: now, error: 'given back' });
      }
      return jobs.filter((job) => job.kind === kind);
    },
    close: () => opened.cleanup(),
  };
  return fixture;
}

/** Runs a job as a relay with free places does. */
export function runJob(deps: JobDeps, job: Job): Promise<JobResult> {
  const handler: JobHandler = jobHandlers(deps)[job.kind];
  return handler.run(job, { aside: () => undefined, signal: new AbortController().signal });
}

/** Submits as Mia; returns the request's id. */
export async function ask(fixture: Fixture, key: string | null = null): Promise<string> {
  const result = await fixture.app.submitRequest({
    workflow: 'deploy-production',
    by: mia,
    fields: { service: 'checkout' },
    reason: null,
    idempotencyKey: key,
    teams: null,
  });
  if (result.kind === 'refused') throw new Error(result.refusal.code);
  return result.request.id;
}

/** Approves the open stage as Ben, by the API. */
export async function approve(fixture: Fixture, id: string, by = ben) {
  const request = await fixture.store.loadRequest(id);
  return fixture.app.decideRequest({
    id,
    by,
    word: 'approve',
    stage: (request && openStages(request)[0]?.id) ?? 'stage-1',
    after: null,
    reason: null,
    digest: request?.digest ?? '',
    revision: request?.version ?? 0,
    teams: null,
    origin: {
      via: 'api',
      tenant: by.tenant,
      objectId: by.objectId,
      activityId: null,
      conversationId: null,
      exchangeId: null,
    },
  });
}

/** The audit events of a type, oldest first. */
export async function eventsOf({ store }: Fixture, type: string) {
  const events = await openedEvents(store, await store.unsealedEvents(500));
  return events.filter((event) => event.type === type);
}
