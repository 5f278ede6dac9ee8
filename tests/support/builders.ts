import type { Principal } from '../../src/domain/people/principal.ts';
import type { Origin, PlannedExecution, Request } from '../../src/domain/request/request.ts';
import { submit } from '../../src/domain/request/submit.ts';
import { workflowVersion } from '../../src/domain/workflow/version.ts';
import type { FieldSpec, StageSpec, Workflow } from '../../src/domain/workflow/workflow.ts';

export const NOW = Date.UTC(2026, 10, 22, 9, 0, 0);
export const TENANT = '5f1b6a0e-7f3f-4a54-9a55-0d6f4c7f0c11';

/** Limits that no test reaches by chance; refusals as they are by default. */
export const LIMITS_OF_TESTS = {
  submissions: { principal: 10_000, issuer: 10_000 },
  lists: { principal: 10_000, issuer: 10_000 },
  waits: { request: 10_000, principal: 10_000, issuer: 10_000 },
  address: 10_000,
  refusals: { principal: 20, issuer: 200 },
};

/** A verified principal in the form of the identity adapter. */
export function principal(change: Partial<Principal> & { key?: string } = {}): Principal {
  const key = change.key ?? 'local|ada';
  const subject = key.split('|').at(-1) ?? key;
  return {
    key,
    kind: 'person',
    provider: 'local',
    subject,
    tenant: TENANT,
    objectId: `oid-${subject}`,
    name: subject,
    roles: [],
    claims: {},
    token: {
      issuer: 'http://127.0.0.1:1/',
      subject,
      audience: 'api://countersign',
      tokenId: `jti-${key}`,
      clientId: 'client',
      issuedAt: NOW - 1_000,
      expiresAt: NOW + 3_600_000,
      authTime: null,
      acr: null,
      amr: [],
      digest: `digest-${key}`,
    },
    ...change,
  };
}

export function field(change: Partial<FieldSpec> & { id: string }): FieldSpec {
  return {
    label: change.id,
    type: 'text',
    required: false,
    choices: [],
    pattern: null,
    maxLength: 200,
    min: null,
    max: null,
    default: null,
    ...change,
  };
}

export function stage(change: Partial<StageSpec> = {}): StageSpec {
  const base = { roles: ['approver'], where: null, when: null, quorum: 1 };
  return { id: 'stage-1', name: 'Owner', ...base, ...change };
}

export function workflow(change: Partial<Omit<Workflow, 'version'>> = {}): Workflow {
  const content: Omit<Workflow, 'version'> = {
    id: 'deploy-production',
    title: 'Deploy to production',
    description: null,
    keywords: ['release'],
    fields: [field({ id: 'service', required: true })],
    request: { roles: ['developer'], workloads: [] },
    stages: [stage()],
    channel: 'approvals',
    expireMs: 86_400_000,
    executor: 'deploy',
    ...change,
  };
  // The ids of a file without ids.
  const stages = content.stages.map((one, at) => ({ ...one, id: `stage-${at + 1}` }));
  return { ...content, stages, version: workflowVersion(content) };
}

export const EXECUTION: PlannedExecution = {
  executor: 'deploy',
  kind: 'webhook',
  configHash: 'hash-1',
  target: 'deploy.example/hook',
  durationMs: null,
};

export const BY_API: Origin = {
  via: 'api',
  tenant: TENANT,
  objectId: 'oid-mia',
  activityId: null,
  conversationId: null,
  exchangeId: null,
};

/** A pending request, version 1, as after its first commit. */
export function pendingRequest(
  options: {
    id?: string;
    number?: number;
    workflow?: Workflow;
    by?: Principal;
    fields?: Record<string, unknown>;
    reason?: string | null;
    now?: number;
  } = {},
): Request {
  const made = submit(
    {
      id: options.id ?? 'req_1',
      workflow: options.workflow ?? workflow(),
      salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
      requester: options.by ?? principal({ key: 'local|mia', roles: ['developer'] }),
      fields: options.fields ?? { service: 'checkout' },
      reason: options.reason ?? null,
      planExecution: () => EXECUTION,
      origin: BY_API,
    },
    options.now ?? NOW,
  );
  if (!made.ok) throw new Error(JSON.stringify(made.refusal));
  return { ...made.step.request, number: options.number ?? 17 };
}
