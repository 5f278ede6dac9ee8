import type { AuditEvent } from '../../src/domain/events/catalogue.ts';
import type { PrincipalRef, TokenEvidence } from '../../src/domain/people/principal.ts';
import { requestDigest } from '../../src/domain/request/digest.ts';
import type { Decision, Request } from '../../src/domain/request/request.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemIds } from '../../src/lib/ids.ts';
import type { Card } from '../../src/domain/request/cards.ts';
import type { SeenPerson } from '../../src/usecases/ports/card-store.ts';
import type { Change, OnceKey } from '../../src/usecases/ports/request-store.ts';
import type { NewJob } from '../../src/usecases/ports/job-store.ts';
import type { SignInAttempt, SignInLink } from '../../src/usecases/ports/sign-in-store.ts';
import type { StoredEvent } from '../../src/usecases/ports/audit-store.ts';

import { storedEvent } from '../support/events.ts';

/** Builders of stored values. Every id is new unless it is given. */

/** The start time of the tests (ms). */
export const T0 = Date.UTC(2026, 10, 2, 9, 0, 0);

/** A new sortable id. */
export function newId(prefix: string): string {
  return systemIds.next(prefix, systemClock.now());
}

/** A person in the stored form. */
export function person(name: string): PrincipalRef {
  return {
    key: `entra:public:contoso:${name}`,
    kind: 'person',
    provider: 'entra',
    subject: name,
    tenant: 'contoso',
    objectId: `oid-${name}`,
    name,
  };
}

export const TOKEN: TokenEvidence = {
  issuer: 'https://login.example/contoso/v2.0',
  subject: 'sub',
  audience: 'api://bot',
  tokenId: 'uti-1',
  clientId: 'client',
  issuedAt: T0 - 5_000,
  expiresAt: T0 + 3_600_000,
  authTime: null,
  acr: null,
  amr: ['pwd', 'mfa'],
  digest: 'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy',
};

/** A pending request of version 1, as a submission creates it. */
export function request(given: Partial<Request> = {}): Request {
  const made: Request = {
    id: newId('req'),
    number: 0,
    version: 1,
    state: 'pending',
    workflow: 'deploy-production',
    workflowVersion: 'sha256-of-the-file',
    title: 'Deploy “checkout” to production 🚀',
    salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
    requester: person('dana'),
    beneficiary: person('dana'),
    requestedWith: TOKEN,
    fields: { service: 'checkout', version: '1.4.2', window: 3_600_000, urgent: false },
    reason: 'The fix for the basket,\n"quoted" and \u0000 escaped',
    plan: {
      stages: [
        {
          id: 'stage-1',
          name: 'Service owner',
          after: [],
          seats: [{ roles: ['approver'], where: { claim: 'department', value: 'payments' } }],
          denyQuorum: 1,
        },
        {
          id: 'stage-2',
          name: 'Security',
          after: ['stage-1'],
          seats: [
            { roles: ['security-lead'], where: null },
            { roles: ['security-lead'], where: null },
          ],
          denyQuorum: 1,
        },
      ],
      execution: {
        executor: 'deploy-webhook',
        kind: 'webhook',
        configHash: 'hash',
        durationMs: 3_600_000,
        target: 'https://deploy.example/hook',
      },
      channel: 'prod-approvals',
      fields: [{ id: 'service', label: 'Service', type: 'choice' }],
    },
    digest: '',
    decisions: [],
    outcome: null,
    createdAt: T0,
    updatedAt: T0,
    expiresAt: T0 + 86_400_000,
    ...given,
  };
  return { ...made, digest: given.digest ?? digestOf(made) };
}

/** The digest as a submission makes it. */
function digestOf({ id, workflow, workflowVersion, reason, fields, ...made }: Request): string {
  const { stages, execution } = made.plan;
  return requestDigest({
    requestId: id,
    workflow,
    workflowVersion,
    requester: made.requester.key,
    beneficiary: made.beneficiary.key,
    reason,
    fields,
    salt: made.salt ?? '',
    plan: { stages, execution },
  });
}

/** The next version of a request. */
export function next(before: Request, given: Partial<Request> = {}): Request {
  return { ...before, version: before.version + 1, updatedAt: T0 + before.version, ...given };
}

/** One person's word on a request. */
export function decision(of: Request, given: Partial<Decision> = {}): Decision {
  const approver = given.approver ?? person('alex');
  return {
    id: newId('dec'),
    requestId: of.id,
    stage: 'stage-1',
    nth: 1,
    word: 'approve',
    approver,
    reason: null,
    at: T0 + 1,
    evidence: {
      token: TOKEN,
      roles: ['approver'],
      role: 'approver',
      seats: [0],
      via: 'teams',
      tenant: 'contoso',
      objectId: approver.objectId,
      activityId: 'f:1',
      conversationId: '19:channel',
      exchangeId: 'ex-1',
      digest: of.digest,
      revision: of.version,
    },
    ...given,
  };
}

/** An audit event about a request. */
export function event(of: Request | null, given: Partial<AuditEvent> = {}): StoredEvent {
  return storedEvent({
    at: T0,
    requestId: of?.id ?? null,
    actor: of?.requester.key ?? null,
    data: { state: of?.state ?? 'none', nested: { list: [1, null] }, ...factsOf(of) },
    ...given,
  });
}

/** A job that is due at T0. */
export function job(given: Partial<NewJob> = {}): NewJob {
  const key = given.key ?? newId('job');
  return {
    key,
    kind: 'card',
    about: { type: 'request', id: 'req_x' },
    runAt: T0,
    when: 'earliest',
    priority: 1,
    ...given,
  };
}

/** A once-key for an hour. */
export function onceKey(given: Partial<OnceKey> = {}): OnceKey {
  return {
    kind: 'idempotency',
    key: newId('key'),
    requestId: 'req_x',
    fingerprint: 'print',
    expiresAt: T0 + 3_600_000,
    ...given,
  };
}

/** A card slot of a request, not yet posted. */
export function card(of: Request, given: Partial<Card> = {}): Card {
  return {
    id: newId('card'),
    requestId: of.id,
    channel: 'prod-approvals',
    conversationId: null,
    serviceUrl: null,
    activityId: null,
    state: 'unposted',
    postedRevision: 0,
    ...given,
  };
}

/** A person as known from a verified token. */
export function seen(name: string, given: Partial<SeenPerson> = {}): SeenPerson {
  return {
    key: `person:contoso:oid-${name}`,
    tenantId: 'contoso',
    objectId: `oid-${name}`,
    userId: `29:${name}`,
    name,
    roles: ['approver'],
    claims: { department: 'payments', level: 3, oncall: true, groups: ['a', 'b'] },
    seenAt: T0,
    ...given,
  };
}

/** A sign-in link for ten minutes. */
export function link(given: Partial<SignInLink> = {}): SignInLink {
  return {
    id: newId('link'),
    tenantId: 'contoso',
    objectId: 'oid-alex',
    requestId: 'req_x',
    revision: 1,
    expiresAt: T0 + 600_000,
    demand: null,
    ...given,
  };
}

/** What is stored of the browser that opens a link. */
export function attempt(given: Partial<SignInAttempt> = {}): SignInAttempt {
  return { state: newId('state'), browser: 'b', nonce: 'n', verifier: 'v', ...given };
}

/** What the event of a submission says of its request, and `audit verify` compares. */
export function factsOf(of: Request | null) {
  return of && { digest: of.digest, workflow: of.workflow, workflowVersion: of.workflowVersion };
}

/** The same of a decision. */
function wordOf({ id: decisionId, word, stage, nth, evidence }: Decision) {
  return { decisionId, word, stage, nth, evidence };
}

/** A change with a new id. */
export function change(given: Partial<Change> = {}): Change {
  return { id: newId('chg'), at: T0, ...given };
}

/** A submission: the request, its event, its first card and that card's job. */
export function submission(of: Request, given: Partial<Change> = {}): Change {
  const slot = card(of);
  return change({
    request: of,
    events: [event(of)],
    cards: [slot],
    jobs: [job({ key: `card:${slot.id}`, about: { type: 'request', id: of.id } })],
    ...given,
  });
}

/** A decision on the loaded request: everything that a click commits. */
export function deciding(before: Request, given: Partial<Change> = {}): Change {
  const word = decision(before, given.decision);
  const about = { type: 'request', id: before.id } as const;
  return change({
    guard: { requestId: before.id, version: before.version },
    request: next(before, { state: 'approved' }),
    decision: word,
    onceKeys: [onceKey({ kind: 'exchange', requestId: before.id })],
    events: [
      event(before, { type: 'request.decided', data: wordOf(word) }),
      event(before, { type: 'request.approved', data: { digest: before.digest } }),
    ],
    jobs: [
      job({ key: `card:${before.id}`, about }),
      job({ key: `execute:${before.id}`, kind: 'execute', about, priority: 0 }),
    ],
    people: [seen('alex')],
    ...given,
  });
}
