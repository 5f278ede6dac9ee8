/** The people and the pipeline of the local profile, with fixed ids. */
import { sha256 } from '../lib/hash.ts';
import type { Json, Person } from './world.ts';

/** The tenant of all demo people. */
export const demoTenantId = '7f0a9d52-3c41-4f86-9a1e-5b2d8c64e013';

/** Application id of the demo bot: audience of single sign-on tokens, `28:` id in chats. */
export const demoBotAppId = 'c0de51a7-9b34-4e02-8f6d-2a7c1e95b840';

const PEOPLE: readonly Omit<Person, 'tid' | 'mri'>[] = [
  {
    id: 'mia',
    name: 'Mia Lindqvist',
    title: 'Payments developer',
    department: 'Payments',
    oid: '11d4b6f0-52a8-4c3e-9e07-6a1f0b8c2d31',
    roles: ['developer'],
    hint: 'Ask for a deployment; then see that you cannot approve it yourself.',
  },
  {
    id: 'tomasz',
    name: 'Tomasz Zieliński',
    title: 'Platform developer',
    department: 'Platform',
    oid: '22e5c701-63b9-4d4f-8f18-7b201c9d3e42',
    roles: ['developer'],
    hint: 'Ask for access to a database; only the head of your own department may decide.',
  },
  {
    id: 'amara',
    name: 'Amara Okafor',
    title: 'Head of Payments',
    department: 'Payments',
    oid: '33f6d812-74ca-4e50-9029-8c312dae4f53',
    roles: ['approver'],
    hint: 'Approve or deny deployments and payments, and access to databases for Payments.',
  },
  {
    id: 'kenji',
    name: 'Kenji Watanabe',
    title: 'Head of Platform',
    department: 'Platform',
    oid: '4407e923-85db-4f61-913a-9d423ebf5064',
    roles: ['approver'],
    hint: 'Decide deployments too; access to a database for Payments is not yours to approve.',
  },
  {
    id: 'ingrid',
    name: 'Ingrid Solheim',
    title: 'Security lead',
    department: 'Security',
    oid: '5518fa34-96ec-4072-824b-ae534fc06175',
    roles: ['security-lead'],
    hint: 'Take the security stage of a long change window.',
  },
  {
    id: 'olu',
    name: 'Oluwaseun Adeyemi',
    title: 'Support engineer',
    department: 'Support',
    oid: '66290b45-a7fd-4183-935c-bf6450d17286',
    roles: [],
    hint: 'Press Approve without any role and read why it is refused.',
  },
  {
    id: 'rafael',
    name: 'Rafael Moreno',
    title: 'Former approver',
    department: 'Payments',
    oid: '773a1c56-b80e-4294-a46d-c07561e28397',
    roles: [],
    hint: 'Your approver role was taken away: the next click already knows.',
  },
];

/**
 * Creates copies of the demo people; their `roles` may change while the profile runs. `mia` and
 * `tomasz` are requesters, `amara` and `kenji` approvers. `ingrid` is the security lead, `olu` has
 * no role, and `rafael` was an approver before.
 */
export function demoPeople(): Person[] {
  return PEOPLE.map((person) => ({ ...person, roles: [...person.roles], ...inTeams(person.oid) }));
}

/** A person of one's own in the demo's tenant; the object id follows from `id`. */
export function localPerson(given: {
  readonly id: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly roles: readonly string[];
  readonly claims: Json;
}): Person {
  const { id, name, title, roles } = given;
  const { department, ...claims } = given.claims;
  const hash = Buffer.from(sha256(`local person ${id}`), 'base64url').toString('hex');
  const oid = [0, 8, 12, 16, 20]
    .map((from, at, all) => hash.slice(from, all[at + 1] ?? 32))
    .join('-');
  const held = roles.length === 0 ? 'No role.' : `Roles: ${roles.join(', ')}.`;
  return {
    id,
    name,
    title: title ?? (roles.join(', ') || 'No role'),
    department: typeof department === 'string' ? department : '',
    oid,
    roles: [...roles],
    hint: held,
    claims,
    ...inTeams(oid),
  };
}

function inTeams(oid: string) {
  return { tid: demoTenantId, mri: `29:1${oid.replaceAll('-', '')}` };
}

/**
 * A workload with its own tokens (client credentials), like a job of GitHub Actions. It may use
 * `POST /v1/requests`.
 */
export const demoPipeline = {
  clientId: 'checkout-pipeline',
  clientSecret: 'checkout-pipeline-local-secret',
  roles: ['deployer'],
  claims: {
    repository: 'contoso/checkout',
    repository_id: '734518209',
    repository_owner: 'contoso',
    repository_owner_id: '65190242',
    actor: 'mia-lindqvist',
    actor_id: '80917345',
    environment: 'production',
    event_name: 'push',
    ref: 'refs/heads/main',
    ref_type: 'branch',
    sha: '5c1f8b9c2f0f4b0d9f7e9d8a4d7c6b5a49382716',
    run_id: '9120345678',
    run_attempt: '1',
    workflow: 'deploy',
    job_workflow_ref: 'contoso/checkout/.github/workflows/deploy.yml@refs/heads/main',
  },
};
