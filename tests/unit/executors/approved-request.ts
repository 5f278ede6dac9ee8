import type { PrincipalRef, TokenEvidence } from '../../../src/domain/people/principal.ts';
import type { Request } from '../../../src/domain/request/request.ts';

const person = (name: string): PrincipalRef => ({
  key: `demo|${name}`,
  kind: 'person',
  provider: 'demo',
  subject: name,
  tenant: 't',
  objectId: name,
  name,
});
const token: TokenEvidence = {
  issuer: 'https://idp.test',
  subject: 'bo',
  audience: 'a',
  tokenId: 'secret-token-id',
  clientId: null,
  issuedAt: 1,
  expiresAt: 2,
  authTime: null,
  acr: null,
  amr: [],
  digest: 'd',
};

/** A request in `applying` with one approval, for an executor of this name. */
export function approvedRequest(id = 'req_1', executor = 'deploy'): Request {
  return {
    id,
    number: 17,
    version: 3,
    state: 'applying',
    workflow: 'deploy-production',
    workflowVersion: 'v1',
    title: 'Deploy',
    salt: 'c2FsdCBvZiB0aGUgdGVzdHM',
    requester: person('ann'),
    beneficiary: person('ann'),
    requestedWith: token,
    fields: { service: 'checkout', window: 3_600_000 },
    reason: 'release',
    plan: {
      stages: [
        {
          id: 'stage-1',
          name: 'Owner',
          after: [],
          seats: [{ roles: ['approver'], where: null }],
          denyQuorum: 1,
        },
      ],
      execution: { executor, kind: 'webhook', configHash: 'h', target: 't', durationMs: null },
      channel: 'approvals',
      fields: [{ id: 'window', label: 'Window', type: 'duration' }],
    },
    digest: 'digest-1',
    decisions: [
      {
        id: 'dec_1',
        requestId: id,
        stage: 'stage-1',
        nth: 1,
        word: 'approve',
        approver: person('bo'),
        reason: null,
        at: 1_700_000_100_000,
        evidence: {
          token,
          roles: ['approver'],
          role: 'approver',
          seats: [0],
          via: 'teams',
          tenant: 't',
          objectId: 'bo',
          activityId: 'a',
          conversationId: 'c',
          exchangeId: null,
          digest: 'digest-1',
          revision: 1,
        },
      },
    ],
    outcome: null,
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_200_000,
    expiresAt: 1_700_090_000_000,
  };
}
