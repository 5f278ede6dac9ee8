/** Once-keys of several parts: whatever a part holds, different parts never use up one key. */
import type { Principal } from '../../../src/domain/people/principal.ts';
import { principal, workflow } from '../../support/builders.ts';
import { openFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await openFixture();
});
afterEach(() => fixture.close());

const asker = (key: string, token: Partial<Principal['token']> = {}) => {
  const by = principal({ key, roles: ['developer'] });
  return { ...by, token: { ...by.token, ...token } };
};
const submit = (by: Principal, over: object = {}) =>
  fixture.app.submitRequest({
    workflow: 'deploy-production',
    by,
    fields: { service: 'checkout' },
    reason: null,
    idempotencyKey: null,
    teams: null,
    ...over,
  });
const kinds = async (...submissions: readonly (() => ReturnType<typeof submit>)[]) => {
  const found = [];
  for (const one of submissions) found.push((await one()).kind);
  return found;
};

test.each([
  ['auth0|bob', 'x|k', 'auth0|bob|x', 'k'],
  ['auth0|bob', '3:x', 'auth0|bob3:', 'x'],
  ['auth0|bob', '"],["x', 'auth0|bob"],["', 'x'],
])(
  'an idempotency key of %s never meets one of another principal',
  async (one, key, other, rest) => {
    expect(
      await kinds(
        () => submit(asker(one), { idempotencyKey: key }),
        () => submit(asker(other), { idempotencyKey: rest }),
        () => submit(asker(one), { idempotencyKey: key }),
      ),
    ).toEqual(['submitted', 'submitted', 'repeated']);
  },
);

test("an idempotency key never meets the key of a form's message", async () => {
  const card = { conversationId: '19:x', activityId: 'a' };
  const mia = asker('local|mia');
  const sender = {
    tenantId: mia.tenant ?? '',
    objectId: mia.objectId ?? '',
    userId: '29:mia',
    name: 'Mia',
  };
  expect(
    await kinds(
      () => submit(mia, { teams: { sender, exchangeId: null, card } }),
      () => submit(asker('teams|19:x'), { idempotencyKey: 'a|local|mia' }),
    ),
  ).toEqual(['submitted', 'submitted']);
});

test.each<[string, Partial<Principal['token']>, Partial<Principal['token']>]>([
  [
    "another issuer's",
    { issuer: 'https://a.example/x|y', tokenId: 'z' },
    { issuer: 'https://a.example/x', tokenId: 'y|z' },
  ],
  ['the digest of another token', { tokenId: null, digest: 'd1' }, { tokenId: 'd1', digest: 'd2' }],
])('the id of a token that is used once never meets %s', async (_name, first, second) => {
  fixture.workflows = [workflow({ singleUse: 'everybody' })];
  expect(
    await kinds(
      () => submit(asker('local|mia', first)),
      () => submit(asker('local|mia', second)),
      () => submit(asker('local|mia', second), { reason: 'again' }),
    ),
  ).toEqual(['submitted', 'submitted', 'refused']);
});
