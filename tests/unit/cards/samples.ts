import type {
  Principal,
  PrincipalRef,
  TokenEvidence,
} from '../../../src/domain/people/principal.ts';
import type {
  Decision,
  PlannedStage,
  Request,
  Seat,
  Word,
} from '../../../src/domain/request/request.ts';
import type { Viewer } from '../../../src/domain/views/request-view.ts';
import type { FieldSpec, StageSpec, Workflow } from '../../../src/domain/workflow/workflow.ts';

/** When everything of these tests happens. */
export const NOW = Date.UTC(2026, 10, 22, 9, 20);

const token: TokenEvidence = {
  issuer: 'https://login.example/v2.0',
  subject: 's',
  audience: 'a',
  tokenId: null,
  clientId: null,
  issuedAt: NOW,
  expiresAt: NOW + 3_600_000,
  authTime: null,
  acr: null,
  amr: [],
  digest: 'd',
};

export function person(name: string, over: Partial<PrincipalRef> = {}): PrincipalRef {
  return {
    key: `entra:${name}`,
    kind: 'person',
    provider: 'entra',
    subject: name,
    tenant: 't',
    objectId: name,
    name,
    ...over,
  };
}

export const mia = person('Mia Lindqvist');
export const amara = person('Amara Okafor');
export const ingrid = person('Ingrid Solheim');

export function decision(
  approver: PrincipalRef,
  verdict: Word = 'approve',
  over: Partial<Decision> = {},
): Decision {
  return {
    id: `dec_${approver.key}`,
    requestId: 'req_1',
    stage: 'stage-1',
    nth: 1,
    approver,
    word: verdict,
    reason: null,
    at: NOW + 60_000,
    evidence: {
      token,
      roles: ['approver'],
      role: 'approver',
      seats: [0],
      via: 'teams',
      tenant: 't',
      objectId: 'o',
      activityId: null,
      conversationId: null,
      exchangeId: null,
      digest: 'dgst',
      revision: 1,
    },
    ...over,
  };
}

export const OWNER_SEAT: Seat = {
  roles: ['approver'],
  where: { claim: 'department', value: 'Payments' },
};

/** What OWNER_SEAT asks for. */
export const OWNER_ROLE = { roles: ['approver'], claims: { department: 'Payments' } };

/** A person as the viewer of a card, with what is known of them. */
export function viewer(
  who: PrincipalRef,
  { roles = [], claims = {} }: Partial<Pick<Principal, 'roles' | 'claims'>> = {},
): NonNullable<Viewer> {
  return { ...who, roles, claims };
}

/** Equal seats, as a quorum of `count` makes them. */
export function seats(count: number, seat: Seat): readonly Seat[] {
  return Array.from({ length: count }, () => seat);
}

export const OWNER: PlannedStage = {
  id: 'stage-1',
  name: 'Service owner',
  after: [],
  seats: [OWNER_SEAT],
  denyQuorum: 1,
};

/** A pending deployment of four fields, as everybody sees it. */
export function sample(over: Partial<Request> = {}): Request {
  return {
    id: 'req_01jd8z6kq4x5w2m9t7r3v1b0ca',
    number: 17,
    version: 3,
    state: 'pending',
    workflow: 'deploy-production',
    workflowVersion: 'u7Jm2Qn0yX3cWk9v',
    title: 'Deploy to production',
    salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
    requester: mia,
    beneficiary: mia,
    requestedWith: token,
    fields: { service: 'checkout', version: '4.12.0', window: 5_400_000, notify: true },
    reason: 'Fixes the rounding of refunds.',
    plan: {
      stages: [OWNER],
      execution: {
        executor: 'deploy-webhook',
        kind: 'webhook',
        configHash: '9Xw2bT6vQ1mZk4yL',
        target: 'https://deploy.example/hooks',
        durationMs: 3_600_000,
      },
      channel: 'prod-approvals',
      fields: [
        { id: 'service', label: 'Service', type: 'choice' },
        { id: 'version', label: 'Version', type: 'text' },
        { id: 'window', label: 'Change window', type: 'duration' },
        { id: 'notify', label: 'Notify support', type: 'boolean' },
      ],
    },
    digest: 'q8Zk2vWm5tYb1NcX',
    decisions: [],
    outcome: null,
    createdAt: NOW,
    updatedAt: NOW,
    expiresAt: NOW + 86_400_000,
    ...over,
  };
}

/** The same with fields of its own, all of them text. */
export function withFields(fields: Readonly<Record<string, string>>): Request {
  const { plan } = sample();
  return sample({
    fields,
    plan: {
      ...plan,
      fields: Object.keys(fields).map((id) => ({ id, label: `Field ${id}`, type: 'text' })),
    },
  });
}

export function field(over: Partial<FieldSpec> & Pick<FieldSpec, 'id' | 'type'>): FieldSpec {
  return {
    label: over.id,
    required: false,
    choices: [],
    pattern: null,
    maxLength: 200,
    min: null,
    max: null,
    default: null,
    ...over,
  };
}

export function stage(over: Partial<StageSpec> = {}): StageSpec {
  return {
    id: 'stage-1',
    name: 'Service owner',
    roles: ['approver'],
    where: null,
    when: null,
    quorum: 1,
    ...over,
  };
}

export function workflow(over: Partial<Workflow> = {}): Workflow {
  return {
    id: 'deploy-production',
    version: 'v',
    title: 'Deploy to production',
    description: null,
    keywords: [],
    fields: [
      field({ id: 'service', type: 'choice', required: true, choices: ['checkout', 'billing'] }),
      field({ id: 'version', type: 'text', required: true, pattern: '\\d+\\.\\d+\\.\\d+' }),
      field({ id: 'window', type: 'duration', max: 28_800_000, default: 3_600_000 }),
      field({ id: 'share', type: 'number', min: 1, max: 100 }),
      field({ id: 'notes', type: 'multiline', maxLength: 4_000 }),
      field({ id: 'notify', type: 'boolean', default: true }),
    ],
    request: { roles: ['developer'], workloads: [] },
    stages: [stage()],
    channel: 'prod-approvals',
    expireMs: 86_400_000,
    executor: 'deploy-webhook',
    ...over,
  };
}
