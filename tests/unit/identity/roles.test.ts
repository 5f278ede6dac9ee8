import { impliedRoles, rolesOf, ruleClaims } from '../../../src/identity/tokens/roles.ts';
import type { IssuerConfig } from '../../../src/config/config.ts';

const issuer = (roles: IssuerConfig['roles'], tenants: string[] = []) =>
  ({ roles, tenants }) as unknown as IssuerConfig;
const alone = impliedRoles({});

describe('from claims to roles', () => {
  test('without a map the value is the role', () => {
    expect(
      rolesOf({ roles: ['a', 'b', 'a'] }, issuer([{ claim: 'roles', map: null }]), alone),
    ).toEqual(['a', 'b']);
  });

  test('with a map only what it names counts', () => {
    const map = { 'group-1': ['approver', 'auditor'], 'group-2': [] };
    const claims = { groups: ['group-1', 'group-2', 'other'] };
    expect(rolesOf(claims, issuer([{ claim: 'groups', map }]), alone)).toEqual([
      'approver',
      'auditor',
    ]);
  });

  test('a namespaced claim is one name, not a path', () => {
    const from = issuer([{ claim: 'https://contoso.example/roles', map: null }]);
    expect(rolesOf({ 'https://contoso.example/roles': 'approver' }, from, alone)).toEqual([
      'approver',
    ]);
    const dotted = issuer([{ claim: 'realm_access.roles', map: null }]);
    expect(rolesOf({ realm_access: { roles: ['approver'] } }, dotted, alone)).toEqual([]);
  });

  test('several claims add up', () => {
    const from = issuer([
      { claim: 'roles', map: null },
      { claim: 'wids', map: { w: ['admin'] } },
    ]);
    expect(rolesOf({ roles: ['a'], wids: ['w'] }, from, alone)).toEqual(['a', 'admin']);
  });

  test('a group overage gives no role', () => {
    const claims = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'x' } },
    };
    const from = issuer([{ claim: 'groups', map: { g: ['approver'] } }]);
    expect(rolesOf(claims, from, alone)).toEqual([]);
  });
});

describe('implied roles', () => {
  test('transitively', () => {
    const implied = impliedRoles({ head: ['lead'], lead: ['approver'], approver: ['reader'] });
    expect(implied('head')).toEqual(['head', 'lead', 'approver', 'reader']);
    expect(implied('reader')).toEqual(['reader']);
    expect(implied('unknown')).toEqual(['unknown']);
  });

  test('two paths to one role', () => {
    const implied = impliedRoles({ a: ['b', 'c'], b: ['d'], c: ['d'] });
    expect([...implied('a')].toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  test.each([
    [{ a: ['a'] }],
    [{ a: ['b'], b: ['a'] }],
    [{ x: ['a'], a: ['b'], b: ['c'], c: ['a'] }],
  ])('rejects the cycle %j', (implies: Record<string, string[]>) => {
    expect(() => impliedRoles(implies)).toThrow(/imply each other: .*→/);
  });

  test('inherited names imply nothing', () => {
    expect(impliedRoles({})('constructor')).toEqual(['constructor']);
  });
});

test('claims for rules: configured names, in supported shapes', () => {
  const names = ['text', 'number', 'truth', 'list', 'object', 'missing', 'infinite', 'mixed'];
  expect(
    ruleClaims(
      {
        text: 'x',
        number: 1,
        truth: false,
        list: ['a'],
        object: {},
        infinite: Infinity,
        mixed: ['a', 1],
        other: 'y',
      },
      names,
    ),
  ).toEqual({ text: 'x', number: 1, truth: false, list: ['a'] });
});
