import { canonicalJson } from '../../../src/lib/canonical-json.ts';
import { sha256 } from '../../../src/lib/hash.ts';
import { answerLost, approve, ask, ben, eventsOf, mia, openFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

const submission = (over: object = {}) => ({
  workflow: 'deploy-production',
  by: mia,
  fields: { service: 'checkout' },
  reason: null,
  idempotencyKey: null,
  teams: null,
  ...over,
});

/** Loses the answer of the next commit, which happens (or not). */
function loseNext({ happens }: { happens: boolean }): void {
  let lose = true;
  fixture.commit = async (_change, real) => {
    if (!lose) return real();
    lose = false;
    if (happens) await real();
    throw answerLost();
  };
}

describe.each([true, false])('a lost answer of a commit; committed: %s', (happens) => {
  test('a submission without a key creates one request, with its number', async () => {
    await ask(fixture);
    loseNext({ happens });
    const result = await fixture.app.submitRequest(submission());
    expect(result).toMatchObject({ kind: 'submitted', request: { number: 2 } });
    expect(await fixture.store.listRequests({ limit: 9 })).toHaveLength(2);
  });

  test('a decision counts once and is answered as counted', async () => {
    const id = await ask(fixture);
    loseNext({ happens });
    expect(await approve(fixture, id)).toMatchObject({
      kind: 'decided',
      request: { state: 'approved', version: 2 },
      decision: { word: 'approve' },
    });
    expect(await fixture.store.loadRequest(id)).toMatchObject({ version: 2, decisions: [{}] });
    expect(await eventsOf(fixture, 'request.decided')).toHaveLength(1);
  });
});

test('throws after one more try when the store stays unavailable', async () => {
  let tries = 0;
  fixture.commit = async () => {
    tries += 1;
    throw answerLost();
  };
  await expect(ask(fixture)).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(tries).toBe(2);
});

describe('repeats', () => {
  test('of a submission get the first answer after the workflow was removed', async () => {
    const id = await ask(fixture, 'build-1');
    fixture.workflows = [];
    expect(
      await fixture.app.submitRequest(submission({ idempotencyKey: 'build-1' })),
    ).toMatchObject({
      kind: 'repeated',
      request: { id },
    });
    expect(
      await fixture.app.submitRequest(submission({ idempotencyKey: 'build-2' })),
    ).toMatchObject({
      kind: 'refused',
      refusal: { code: 'workflow_unknown' },
    });
  });

  const sender = {
    tenantId: mia.tenant ?? '',
    objectId: mia.objectId ?? '',
    userId: '29:mia',
    name: 'Mia',
  };
  const byExchange = (exchangeId: string, fields: object) =>
    fixture.app.submitRequest(
      submission({
        fields,
        teams: { sender, exchangeId, card: null },
      }),
    );

  test('of one token exchange get the first request, only for the same content', async () => {
    const first = await byExchange('x1', { service: 'checkout' });
    expect(await byExchange('x1', { service: 'checkout' })).toMatchObject({
      kind: 'repeated',
      request: first.kind === 'submitted' ? { id: first.request.id } : {},
    });
    expect(await byExchange('x1', { service: 'search' })).toMatchObject({
      kind: 'refused',
      refusal: { code: 'token_replayed' },
    });
    expect(await fixture.store.listRequests({ limit: 9 })).toHaveLength(1);
  });

  test('of the token exchange of a decision create and show no request', async () => {
    const id = await ask(fixture);
    const asked = await fixture.store.loadRequest(id);
    const origin = {
      via: 'teams' as const,
      tenant: ben.tenant,
      objectId: ben.objectId,
      activityId: 'a',
      conversationId: 'c',
      exchangeId: 'x2',
    };
    const who = {
      tenantId: ben.tenant ?? '',
      objectId: ben.objectId ?? '',
      userId: '29:ben',
      name: 'Ben',
    };
    await fixture.app.decideRequest({
      id,
      by: ben,
      word: 'approve',
      stage: 'stage-1',
      after: null,
      reason: null,
      digest: asked?.digest ?? '',
      revision: 1,
      origin,
      teams: { sender: who, card: null },
    });
    const both = { ...ben, roles: ['approver', 'developer'] };
    expect(
      await fixture.app.submitRequest(
        submission({
          by: both,
          teams: { sender: who, exchangeId: 'x2', card: null },
        }),
      ),
    ).toMatchObject({ kind: 'refused', refusal: { code: 'token_replayed' } });
  });

  test('of a key with other content are refused and recorded', async () => {
    await ask(fixture, 'build-1');
    const other = submission({ idempotencyKey: 'build-1', reason: 'other' });
    expect(await fixture.app.submitRequest(other)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'idempotency_mismatch' },
    });
    expect(await eventsOf(fixture, 'submission.refused')).toMatchObject([
      { actor: mia.key, data: { code: 'idempotency_mismatch', workflow: 'deploy-production' } },
    ]);
  });
});

describe('the audit log', () => {
  test('holds all digest inputs of a submission, and its origin', async () => {
    const id = await ask(fixture);
    const [event] = await eventsOf(fixture, 'request.submitted');
    const data: Readonly<Record<string, unknown>> = event?.data ?? {};
    expect(data).toMatchObject({
      beneficiary: mia.key,
      plan: {
        stages: [{ id: 'stage-1', name: 'Owner', after: [], seats: [{ roles: ['approver'] }] }],
        execution: { executor: 'deploy', configHash: fixture.configHash },
      },
      token: { tokenId: mia.token.tokenId },
      origin: { via: 'api', objectId: mia.objectId },
    });
    const salt = (await fixture.store.loadRequest(id))?.salt;
    const { workflow, workflowVersion, requester, beneficiary, reason, plan } = data;
    const fields = Object.assign({}, data['fields'], data['personalFields']);
    const subject = {
      type: 'countersign.request.v1',
      requestId: id,
      workflow,
      workflowVersion,
      requester,
      beneficiary,
      reason,
      fields,
      salt,
      plan,
    };
    expect(data['digest']).toBe(sha256(canonicalJson(subject)));
  });

  test('holds the refused cancellation of a person who may not read the request', async () => {
    const id = await ask(fixture);
    const olu = { ...ben, key: 'local|olu', objectId: 'oid-olu', roles: [] };
    expect(await fixture.app.cancelRequest({ id, by: olu })).toMatchObject({
      kind: 'refused',
      request: undefined,
      refusal: { code: 'request_not_found' },
    });
    expect(await eventsOf(fixture, 'decision.refused')).toMatchObject([
      { requestId: id, actor: olu.key, data: { command: 'cancel' } },
    ]);
  });

  test('continues after the clock was set back', async () => {
    const id = await ask(fixture);
    const olu = { ...ben, key: 'local|olu', objectId: 'oid-olu', roles: [] };
    for (let click = 0; click < 25; click += 1) await approve(fixture, id, olu);
    expect(await eventsOf(fixture, 'decision.refused')).toHaveLength(20);
    fixture.pass(-3_600_000);
    await approve(fixture, id, olu);
    expect(await eventsOf(fixture, 'decision.refused')).toHaveLength(21);
  });
});
