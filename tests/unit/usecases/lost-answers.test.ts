import { canonicalJson } from '../../../src/lib/canonical-json.ts';
import { sha256 } from '../../../src/lib/hash.ts';
import { answerLost, approve, ask, ben, eventsOf, mia, openHouse } from './house.ts';
import type { House } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

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
  house.commit = async (_change, real) => {
    if (!lose) return real();
    lose = false;
    if (happens) await real();
    throw answerLost();
  };
}

describe.each([true, false])('the answer of a commit is lost; it happened: %s', (happens) => {
  test('a submission without a key makes one request, with its number', async () => {
    await ask(house);
    loseNext({ happens });
    const result = await house.app.submitRequest(submission());
    expect(result).toMatchObject({ kind: 'submitted', request: { number: 2 } });
    expect(await house.store.listRequests({ limit: 9 })).toHaveLength(2);
  });

  test('a decision counts once and is answered as the first', async () => {
    const id = await ask(house);
    loseNext({ happens });
    expect(await approve(house, id)).toMatchObject({
      kind: 'decided',
      request: { state: 'approved', version: 2 },
      decision: { word: 'approve' },
    });
    expect(await house.store.loadRequest(id)).toMatchObject({ version: 2, decisions: [{}] });
    expect(await eventsOf(house, 'request.decided')).toHaveLength(1);
  });
});

test('a store that stays away is a fault, after one more try', async () => {
  let tries = 0;
  house.commit = async () => {
    tries += 1;
    throw answerLost();
  };
  await expect(ask(house)).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(tries).toBe(2);
});

describe('repeats', () => {
  test('of a request whose workflow is no longer configured get the first answer', async () => {
    const id = await ask(house, 'build-1');
    house.workflows = [];
    expect(await house.app.submitRequest(submission({ idempotencyKey: 'build-1' }))).toMatchObject({
      kind: 'repeated',
      request: { id },
    });
    expect(await house.app.submitRequest(submission({ idempotencyKey: 'build-2' }))).toMatchObject({
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
    house.app.submitRequest(
      submission({
        fields,
        teams: { sender, exchangeId, card: null },
      }),
    );

  test('of one token exchange get the first request, and only for the same content', async () => {
    const first = await byExchange('x1', { service: 'checkout' });
    expect(await byExchange('x1', { service: 'checkout' })).toMatchObject({
      kind: 'repeated',
      request: first.kind === 'submitted' ? { id: first.request.id } : {},
    });
    expect(await byExchange('x1', { service: 'search' })).toMatchObject({
      kind: 'refused',
      refusal: { code: 'token_replayed' },
    });
    expect(await house.store.listRequests({ limit: 9 })).toHaveLength(1);
  });

  test('of the exchange of a decision make no request, and show none', async () => {
    const id = await ask(house);
    const asked = await house.store.loadRequest(id);
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
    await house.app.decideRequest({
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
      await house.app.submitRequest(
        submission({
          by: both,
          teams: { sender: who, exchangeId: 'x2', card: null },
        }),
      ),
    ).toMatchObject({ kind: 'refused', refusal: { code: 'token_replayed' } });
  });

  test('of a key with other content are refused, on record', async () => {
    await ask(house, 'build-1');
    const other = submission({ idempotencyKey: 'build-1', reason: 'other' });
    expect(await house.app.submitRequest(other)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'idempotency_mismatch' },
    });
    expect(await eventsOf(house, 'submission.refused')).toMatchObject([
      { actor: mia.key, data: { code: 'idempotency_mismatch', workflow: 'deploy-production' } },
    ]);
  });
});

describe('the record', () => {
  test('of a submission holds all that its digest is over, and where it came from', async () => {
    const id = await ask(house);
    const [event] = await eventsOf(house, 'request.submitted');
    const data: Readonly<Record<string, unknown>> = event?.data ?? {};
    expect(data).toMatchObject({
      beneficiary: mia.key,
      plan: {
        stages: [{ id: 'stage-1', name: 'Owner', after: [], seats: [{ roles: ['approver'] }] }],
        execution: { executor: 'deploy', configHash: house.configHash },
      },
      token: { tokenId: mia.token.tokenId },
      origin: { via: 'api', objectId: mia.objectId },
    });
    const { workflow, workflowVersion, requester, beneficiary, reason, fields, plan } = data;
    const subject = {
      type: 'countersign.request.v1',
      requestId: id,
      workflow,
      workflowVersion,
      requester,
      beneficiary,
      reason,
      fields,
      plan,
    };
    expect(data['digest']).toBe(sha256(canonicalJson(subject)));
  });

  test('has the refused cancellation of somebody who may not even read it', async () => {
    const id = await ask(house);
    const olu = { ...ben, key: 'local|olu', objectId: 'oid-olu', roles: [] };
    expect(await house.app.cancelRequest({ id, by: olu })).toMatchObject({
      kind: 'refused',
      request: undefined,
      refusal: { code: 'request_not_found' },
    });
    expect(await eventsOf(house, 'decision.refused')).toMatchObject([
      { requestId: id, actor: olu.key, data: { command: 'cancel' } },
    ]);
  });

  test('goes on after the clock was put back', async () => {
    const id = await ask(house);
    const olu = { ...ben, key: 'local|olu', objectId: 'oid-olu', roles: [] };
    for (let click = 0; click < 25; click += 1) await approve(house, id, olu);
    expect(await eventsOf(house, 'decision.refused')).toHaveLength(20);
    house.pass(-3_600_000);
    await approve(house, id, olu);
    expect(await eventsOf(house, 'decision.refused')).toHaveLength(21);
  });
});
