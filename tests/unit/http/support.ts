import { once } from 'node:events';
import { connect } from 'node:net';
import type { Principal } from '../../../src/domain/people/principal.ts';
import type { Card } from '../../../src/domain/request/cards.ts';
import type { Decision, PlannedStage, Request } from '../../../src/domain/request/request.ts';
import type { Workflow } from '../../../src/domain/workflow/workflow.ts';
import { refuse } from '../../../src/domain/refusal.ts';
import { createServer } from '../../../src/http/server.ts';
import type { ServerOptions } from '../../../src/http/route.ts';
import { sleep } from '../../../src/lib/loop.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import type { App } from '../../../src/usecases/app.ts';
import { createLimiter } from '../../../src/usecases/limits.ts';
import { LIMITS_OF_TESTS } from '../../support/builders.ts';
import type { DecideInput, ListInput, SubmitInput } from '../../../src/usecases/ports/app.ts';
import { IdentityError } from '../../../src/usecases/ports/identity-error.ts';
import { checkDeclared } from '../../support/declared-answers.ts';
import type { StoredJob } from '../../../src/usecases/ports/job-admin-store.ts';
import type { WebPages } from '../../../src/usecases/ports/web-pages.ts';

const now = Date.UTC(2026, 10, 22, 9, 0, 0);

const token = {
  issuer: 'https://id.example',
  subject: 's',
  audience: 'a',
  tokenId: 't',
  clientId: null,
  issuedAt: now,
  expiresAt: now + 600_000,
  authTime: null,
  acr: null,
  amr: [],
  digest: 'd',
};

/** A principal of the fake identity. */
export function principal(id: string, change: Partial<Principal> = {}): Principal {
  return {
    key: `people:${id}`,
    kind: 'person',
    provider: 'people',
    subject: id,
    tenant: 'tid',
    objectId: `oid-${id}`,
    name: id,
    roles: ['developer'],
    claims: {},
    token,
    ...change,
  };
}

/** A request of the fake application. */
export function makeRequest(change: Partial<Request> = {}): Request {
  const requester = principal('mia');
  return {
    id: 'req_1',
    number: 17,
    version: 2,
    state: 'pending',
    workflow: 'deploy-production',
    workflowVersion: 'v',
    title: 'Deploy to production',
    salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
    requester,
    beneficiary: requester,
    requestedWith: token,
    fields: { service: 'checkout', window: 5_400_000 },
    reason: 'because',
    plan: {
      stages: [
        plannedStage({ id: 'stage-1', name: 'Service owner', role: 'approver' }),
        plannedStage({ id: 'stage-2', name: 'Security', role: 'security-lead', after: 'stage-1' }),
      ],
      execution: {
        executor: 'deploy-webhook',
        kind: 'webhook',
        configHash: 'h',
        target: 't',
        durationMs: null,
      },
      channel: 'prod-approvals',
      fields: [
        { id: 'service', label: 'Service', type: 'choice' },
        { id: 'window', label: 'Change window', type: 'duration' },
      ],
    },
    digest: 'digest-1',
    decisions: [decision()],
    outcome: null,
    createdAt: now,
    updatedAt: now + 1_000,
    expiresAt: now + 86_400_000,
    ...change,
  };
}

function plannedStage({
  id,
  name,
  role,
  after,
}: {
  id: string;
  name: string;
  role: string;
  after?: string;
}): PlannedStage {
  return {
    id,
    name,
    after: after === undefined ? [] : [after],
    seats: [{ roles: [role], where: null }],
    denyQuorum: 1,
  };
}

export function decision(change: Partial<Decision> = {}): Decision {
  return {
    id: 'dec_1',
    requestId: 'req_1',
    stage: 'stage-1',
    nth: 1,
    word: 'approve',
    approver: principal('amara'),
    reason: null,
    at: now + 1_000,
    evidence: {
      token,
      roles: ['approver'],
      role: 'approver',
      seats: [0],
      via: 'teams',
      tenant: 'tid',
      objectId: 'oid-amara',
      activityId: 'a',
      conversationId: 'c',
      exchangeId: null,
      digest: 'digest-1',
      revision: 1,
    },
    ...change,
  };
}

const workflow: Workflow = {
  id: 'deploy-production',
  version: 'v',
  title: 'Deploy to production',
  description: null,
  keywords: [],
  request: { roles: ['developer'], workloads: [] },
  fields: [
    {
      id: 'window',
      label: 'Change window',
      type: 'duration',
      required: false,
      choices: [],
      pattern: null,
      maxLength: 100,
      min: null,
      max: 28_800_000,
      default: 3_600_000,
    },
  ],
  stages: [
    {
      id: 'stage-1',
      name: 'Service owner',
      roles: ['approver'],
      where: null,
      when: null,
      quorum: 1,
    },
  ],
  channel: 'prod-approvals',
  expireMs: 86_400_000,
  executor: 'deploy-webhook',
};

/** A fake of the App port: records its inputs and gives configured answers. */
export class FakeApp implements Partial<App> {
  readonly submitted: SubmitInput[] = [];
  readonly decided: DecideInput[] = [];
  readonly listed: ListInput[] = [];
  request = makeRequest();
  submit: App['submitRequest'] = () =>
    Promise.resolve({ kind: 'submitted', request: this.request });
  decide: App['decideRequest'] = () =>
    Promise.resolve({ kind: 'decided', request: this.request, decision: decision() });

  submitRequest = (input: SubmitInput) => {
    this.submitted.push(input);
    return this.submit(input);
  };
  decideRequest = (input: DecideInput) => {
    this.decided.push(input);
    return this.decide(input);
  };
  cancelRequest: App['cancelRequest'] = ({ by }) =>
    Promise.resolve(
      by.name === 'olu'
        ? { kind: 'refused', request: undefined, ...refuse('request_not_found') }
        : { kind: 'decided', request: { ...this.request, state: 'cancelled' }, decision: null },
    );
  readRequest: App['readRequest'] = ({ id, by }) =>
    Promise.resolve(id === this.request.id && by.name !== 'olu' ? this.request : undefined);
  readRequestWithCards: App['readRequestWithCards'] = ({ id, by }) =>
    Promise.resolve(
      id === this.request.id && by.name !== 'olu'
        ? { request: this.request, cards: [CARD] }
        : undefined,
    );
  loadForCard: App['loadForCard'] = (id) =>
    Promise.resolve(id === this.request.id ? this.request : undefined);
  listRequests: App['listRequests'] = (input) => {
    this.listed.push(input);
    return Promise.resolve({ requests: [this.request], cursor: '16' });
  };
  waitRequest: App['waitRequest'] = async ({ timeoutMs, signal }) => {
    if (this.request.state === 'pending') await sleep(timeoutMs, signal);
    return this.request;
  };
  waitToken: App['waitToken'] = (id) => `wait_${id}`;
  acceptsWaitToken: App['acceptsWaitToken'] = (text, { id }) => text === `wait_${id}`;
  listWorkflows: App['listWorkflows'] = () => [workflow];
  readonly job: StoredJob = {
    key: 'req_1',
    kind: 'execute',
    about: { type: 'request', id: 'req_1' },
    number: 17,
    state: 'dead',
    dueAt: null,
    attempts: 3,
    error: null,
  };
  listJobs: App['listJobs'] = async () => ({ kind: 'page', jobs: [this.job], cursor: null });
  readJob: App['readJob'] = async () => ({ kind: 'job', job: this.job });
  readAudit: App['readAudit'] = () => ({
    kind: 'allowed',
    audit: {
      checkpoint: async () => ({ size: 1, root: 'root', at: 0, jws: 'jws' }),
      entries: async () => [{ index: 0, eventId: 'evt_1', hash: 'hash', body: '{}' }],
      inclusion: async () => ({ leaf: 'hash', proof: [] }),
      consistency: async () => [],
    },
  });
  /** Replace it to test a limit. */
  limiter = limiterOf({});
  admitList: App['admitList'] = (by) => this.limiter.list(by);
  admitWait: App['admitWait'] = (waiter) => this.limiter.wait(waiter);
}

/** A limiter of the tests with other limits. */
export const limiterOf = (over: Partial<typeof LIMITS_OF_TESTS>) =>
  createLimiter({
    limits: { ...LIMITS_OF_TESTS, ...over },
    clock: { now: () => now },
    workflows: { list: () => [workflow] },
    administration: { issuers: [], roles: [], auditorRoles: [] },
  });

const CARD: Card = {
  id: 'crd_1',
  requestId: 'req_1',
  state: 'posted',
  channel: 'approvals',
  conversationId: '19:a',
  serviceUrl: 'https://teams.example',
  activityId: 'm1',
  postedRevision: 2,
};

export interface Harness {
  readonly app: FakeApp;
  readonly url: string;
  readonly port: number;
  readonly bodies: unknown[];
  readonly errors: Record<string, unknown>[];
  readonly pages: WebPages;
  stop(): Promise<void>;
}

/** A server over the fakes, on loopback and a free port. A token is the name of a person. */
export async function startServer(change: Partial<ServerOptions> = {}): Promise<Harness> {
  const app = new FakeApp();
  const bodies: unknown[] = [];
  const errors: Record<string, unknown>[] = [];
  const html = { 'content-type': 'text/html; charset=utf-8' };
  const page = { status: 200, headers: html, body: '<p>' };
  const pages: WebPages = {
    signInStart: () => Promise.resolve(page),
    signInBegin: () =>
      Promise.resolve({
        status: 303,
        headers: { location: 'https://id.example/', 'set-cookie': 'a=b' },
        body: '',
      }),
    signInCallback: () => Promise.resolve(page),
    operator: ({ name }) => ({ ...page, body: name }),
    asset: (name) =>
      name === 'known.js'
        ? { status: 200, headers: { 'content-type': 'text/javascript' }, body: '1' }
        : undefined,
  };
  const server = createServer({
    config: {
      profile: 'local',
      server: { publicUrl: 'https://approve.example', host: '127.0.0.1', port: 0 },
    },
    app: app as unknown as App,
    identity: {
      bearerCodes: ['token_missing', 'token_expired', 'token_keys_unavailable'],
      verifyBearer: (text) =>
        /^(mia|amara|olu|pipeline)$/.test(text)
          ? Promise.resolve(principal(text))
          : Promise.reject(new IdentityError('token_expired', 'The token has "expired".')),
    },
    activities: {
      messages({ authorization, body }) {
        bodies.push(body);
        return Promise.resolve(
          authorization === 'Bearer teams'
            ? { status: 200, body: { done: true } }
            : { status: 401 },
        );
      },
    },
    pages,
    jwks: () => Promise.resolve({ keys: [] }),
    ready: () => Promise.resolve({ ok: true, checks: { store: 'ok' } }),
    log: { ...silentLogger, error: (message, fields) => errors.push({ message, ...fields }) },
    clock: { now: () => now },
    ...change,
  });
  const { port, url } = await server.start();
  return { app, url, port, bodies, errors, pages, stop: () => server.stop() };
}

/** Sends JSON as a person. Every answer must be one that the OpenAPI document declares. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  return declared(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer mia', ...headers },
    body:
      typeof body === 'string' || body instanceof Uint8Array
        ? (body as string)
        : JSON.stringify(body),
  });
}

/** Reads as a person. Every answer must be one that the OpenAPI document declares. */
export function get(url: string, person = 'mia') {
  return declared(url, { headers: { authorization: `Bearer ${person}` } });
}

/** Fetches, and compares the answer with the OpenAPI document. */
export async function declared(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  await checkDeclared(init.method ?? 'GET', new URL(url).pathname, response);
  return response;
}

/**
 * Writes raw bytes and gives everything that the server sends until it closes. With `answers` each
 * part waits for an answer to the one before.
 */
export function raw(
  port: number,
  parts: readonly (string | Buffer)[],
  options: { gapMs?: number; answers?: boolean } = {},
): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    const send = async () => {
      for (const part of parts) {
        if (socket.destroyed) return;
        socket.write(part);
        await (options.answers === true ? once(socket, 'data') : sleep(options.gapMs ?? 0));
      }
    };
    socket.on('connect', () => void send());
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.setTimeout(8_000, () => socket.destroy());
  });
}
