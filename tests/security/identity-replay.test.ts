/**
 * Tokens used twice. Sources: RFC 7519 4.1.7 (`jti`), Entra's `uti`, RFC 8725 3.9,
 * draft-ietf-httpapi-idempotency-key-header, ASVS 5 9.2 and 2.3.4 (replay).
 */
import type { Principal } from '../../src/domain/people/principal.ts';
import { createApp } from '../../src/usecases/app.ts';
import type { App } from '../../src/usecases/app.ts';
import { approve, openFixture } from '../unit/usecases/fixture.ts';
import type { Fixture } from '../unit/usecases/fixture.ts';
import { principal, stage, workflow } from '../support/builders.ts';

const pipeline = (tokenId: string | null, over: Partial<Principal> = {}): Principal => {
  const base = principal({
    key: 'github|1|2|repo:contoso/checkout',
    kind: 'workload',
    provider: 'github',
    tenant: null,
    objectId: null,
    claims: { repository_id: '2' },
  });
  return { ...base, token: { ...base.token, tokenId, digest: `digest of ${tokenId}` }, ...over };
};
const open_ = { workloads: [{ issuer: 'github', claims: { repository_id: '2' } }] };

describe('a token makes one request', () => {
  let fixture: Fixture;
  let replica: App;
  beforeEach(async () => {
    fixture = await openFixture();
    replica = createApp({ ...fixture.deps, store: fixture.store });
    fixture.workflows = [workflow({ request: { roles: ['developer'], ...open_ } })];
  });
  afterEach(() => fixture.close());

  const submit = async (
    by: Principal,
    over: { key?: string; service?: string; app?: App } = {},
  ): Promise<string> => {
    const { app = fixture.app, key = null, service = 'checkout' } = over;
    const result = await app.submitRequest({
      workflow: 'deploy-production',
      by,
      fields: { service },
      reason: null,
      idempotencyKey: key,
      teams: null,
    });
    return result.kind === 'refused' ? result.refusal.code : result.kind;
  };

  test('refuses the same token again, on this replica and on another', async () => {
    expect(await submit(pipeline('jti-1'))).toBe('submitted');
    expect(await submit(pipeline('jti-1'))).toBe('token_replayed');
    expect(await submit(pipeline('jti-1'), { app: replica })).toBe('token_replayed');
  });

  test('ten at the same moment on two replicas: exactly one is accepted', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        submit(pipeline('jti-1'), { app: at % 2 ? fixture.app : replica }),
      ),
    );
    expect(answers.sort()).toEqual([
      'submitted',
      ...Array.from({ length: 9 }, () => 'token_replayed'),
    ]);
  });

  test('with the same Idempotency-Key the first answer comes back, and no replay', async () => {
    expect(await submit(pipeline('jti-1'), { key: 'run-1' })).toBe('submitted');
    expect(await submit(pipeline('jti-1'), { key: 'run-1', app: replica })).toBe('repeated');
  });

  test('the same Idempotency-Key with a new token is a repeat', async () => {
    expect(await submit(pipeline('jti-1'), { key: 'run-1' })).toBe('submitted');
    expect(await submit(pipeline('jti-2'), { key: 'run-1' })).toBe('repeated');
  });

  test('refuses the token under another Idempotency-Key', async () => {
    expect(await submit(pipeline('jti-1'), { key: 'run-1' })).toBe('submitted');
    expect(await submit(pipeline('jti-1'), { key: 'run-2' })).toBe('token_replayed');
  });

  test('reports the same key with other content as a conflict', async () => {
    expect(await submit(pipeline('jti-1'), { key: 'run-1' })).toBe('submitted');
    expect(await submit(pipeline('jti-1'), { key: 'run-1', service: 'billing' })).toBe(
      'idempotency_mismatch',
    );
  });

  test('identifies a token without an id by its content', async () => {
    const nameless = (digest: string) => {
      const by = pipeline(null);
      return { ...by, token: { ...by.token, digest } };
    };
    expect(await submit(nameless('a'))).toBe('submitted');
    expect(await submit(nameless('b'))).toBe('submitted');
    expect(await submit(nameless('a'))).toBe('token_replayed');
  });

  test('equal ids at two issuers are two tokens', async () => {
    const other = pipeline('jti-1');
    expect(await submit(pipeline('jti-1'))).toBe('submitted');
    expect(await submit({ ...other, token: { ...other.token, issuer: 'https://other' } })).toBe(
      'submitted',
    );
  });

  test('a refused request does not use up its token', async () => {
    expect(await submit(pipeline('jti-1'), { service: '' })).toBe('field_missing');
    expect(await submit(pipeline('jti-1'))).toBe('submitted');
  });

  test('the token stays used past its expiry, until no check accepts it', async () => {
    const by = pipeline('jti-1');
    expect(await submit(by)).toBe('submitted');
    await fixture.store.purge(by.token.expiresAt + 5 * 60_000, 1_000);
    expect(await submit(by)).toBe('token_replayed');
    await fixture.store.purge(by.token.expiresAt + 10 * 60_000, 1_000);
    expect(await submit(by)).toBe('submitted');
  });

  test("a person's token may be reused by default", async () => {
    const mia = principal({ key: 'local|mia', roles: ['developer'] });
    expect([await submit(mia), await submit(mia)]).toEqual(['submitted', 'submitted']);
    fixture.workflows = [workflow({ singleUse: 'everybody' })];
    const other = { ...mia, token: { ...mia.token, tokenId: 'fresh' } };
    expect([await submit(other), await submit(other)]).toEqual(['submitted', 'token_replayed']);
  });

  test("refuses a person's reused token if the workflow says so", async () => {
    fixture.workflows = [workflow({ singleUse: 'nobody', request: { roles: [], ...open_ } })];
    expect([await submit(pipeline('jti-1')), await submit(pipeline('jti-1'))]).toEqual([
      'submitted',
      'submitted',
    ]);
  });

  describe("where a person's token counts once", () => {
    const ben = principal({ key: 'local|ben', roles: ['approver', 'developer'] });
    const mia = principal({ key: 'local|mia', roles: ['developer'] });
    const fresh = (by: Principal, tokenId: string): Principal => ({
      ...by,
      token: { ...by.token, tokenId },
    });
    const ask = async (tokenId: string) => {
      const result = await fixture.app.submitRequest({
        workflow: 'deploy-production',
        by: fresh(mia, tokenId),
        fields: { service: 'checkout' },
        reason: null,
        idempotencyKey: null,
        teams: null,
      });
      if (result.kind === 'refused') throw new Error(result.refusal.code);
      return result.request.id;
    };
    const kindOf = async (answer: ReturnType<typeof approve>) => {
      const result = await answer;
      return result.kind === 'refused' ? result.refusal.code : result.kind;
    };
    beforeEach(() => {
      fixture.workflows = [
        workflow({
          singleUse: 'everybody',
          stages: [stage(), stage({ name: 'Second', roles: ['developer'] })],
        }),
      ];
    });

    test('one decision for each token; a repeat gets the first answer', async () => {
      const [one, two] = [await ask('a'), await ask('b')];
      const request = await fixture.store.loadRequest(one);
      const decide = () =>
        fixture.app.decideRequest({
          id: one,
          by: fresh(ben, 'c'),
          word: 'approve',
          stage: 'stage-1',
          after: null,
          reason: null,
          teams: null,
          digest: request?.digest ?? '',
          revision: 1,
          origin: {
            via: 'api',
            tenant: null,
            objectId: null,
            activityId: null,
            conversationId: null,
            exchangeId: null,
          },
        });
      expect(await kindOf(decide())).toBe('decided');
      expect(await decide()).toMatchObject({
        kind: 'uncounted',
        decision: { word: 'approve', approver: { key: ben.key } },
      });
      expect(await kindOf(approve(fixture, two, fresh(ben, 'c')))).toBe('token_replayed');
      expect((await fixture.store.loadRequest(two))?.decisions).toEqual([]);
      expect(await kindOf(approve(fixture, two, fresh(ben, 'd')))).toBe('decided');
    });

    test('refuses the token for the next stage', async () => {
      const id = await ask('a');
      expect(await kindOf(approve(fixture, id, fresh(ben, 'c')))).toBe('decided');
      expect(await kindOf(approve(fixture, id, fresh(ben, 'c')))).toBe('token_replayed');
    });

    test('refuses a decision with the token of the request', async () => {
      const id = await ask('a');
      await fixture.app.submitRequest({
        workflow: 'deploy-production',
        by: fresh(ben, 'c'),
        fields: { service: 'billing' },
        reason: null,
        idempotencyKey: null,
        teams: null,
      });
      expect(await kindOf(approve(fixture, id, fresh(ben, 'c')))).toBe('token_replayed');
    });

    test('two replicas, two requests, one token at the same moment: exactly one decision', async () => {
      const ids = [await ask('a'), await ask('b')];
      const answers = await Promise.all(
        ids.map((id) => kindOf(approve(fixture, id, fresh(ben, 'c')))),
      );
      expect(answers.sort()).toEqual(['decided', 'token_replayed']);
    });
  });
});
