/** Role claims of other shapes: read only where configured, and nothing else gets in by them. */
import type { IssuerConfig } from '../../src/config/config.ts';
import { createVerifier } from '../../src/identity/tokens/verify-token.ts';
import {
  codeOf,
  configOf,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  signText,
  startKeyServer,
  turnableClock,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';

type Source = IssuerConfig['roles'][number];

const clock = turnableClock();
let server: KeyServer;
let key: TestKey;

beforeAll(async () => {
  [server, key] = await Promise.all([startKeyServer(), newKey('k1')]);
  server.state.keys = [key.publicJwk];
});
afterAll(() => server.stop());

const ZITADEL = 'urn:zitadel:iam:org:project:roles';
const keysOf = (over: Partial<Source> = {}): Source => ({
  claim: ZITADEL,
  shape: 'keys',
  map: null,
  ...over,
});
const nested: Source = { claim: 'realm_access.roles', path: ['realm_access', 'roles'], map: null };
const split = (shape: Source['shape']): Source => ({ claim: 'roles', shape, map: null });

const verifierOf = (source: Source) =>
  createVerifier({ config: configOf([oidcIssuer(server, { roles: [source] })]), clock, log });
const claimsWith = (over: Claims) =>
  personClaims(server.state.issuer, clock.now(), { roles: undefined, ...over });
const rolesOf = async (source: Source, over: Claims) => {
  const token = await sign(key, claimsWith(over));
  return (await verifierOf(source).verify(token, { kind: 'bearer' })).principal.roles;
};

test.each<[string, Source, Claims, readonly string[]]>([
  [
    "Zitadel's object keys",
    keysOf(),
    { [ZITADEL]: { approver: { '17': 'contoso.example' }, reader: { '17': 'contoso.example' } } },
    ['approver', 'reader'],
  ],
  ['keys that are true', keysOf(), { [ZITADEL]: { approver: true } }, ['approver']],
  [
    'keys with a map',
    keysOf({ map: { approve: ['approver'] } }),
    { [ZITADEL]: { approve: true, other: true } },
    ['approver'],
  ],
  [
    "Keycloak's path",
    nested,
    { realm_access: { roles: ['approver', 'reader'] } },
    ['approver', 'reader'],
  ],
  [
    'a path over a name with dots',
    { ...nested, path: ['resource_access', 'app.example', 'roles'] },
    { resource_access: { 'app.example': { roles: ['approver'] } } },
    ['approver'],
  ],
  [
    'a path to the keys of an object',
    { ...nested, path: ['app', 'roles'], shape: 'keys' },
    { app: { roles: { approver: true } } },
    ['approver'],
  ],
  ['a text with blanks', split('blanks'), { roles: ' approver  reader ' }, ['approver', 'reader']],
  ['a text with commas', split('commas'), { roles: 'approver, reader,' }, ['approver', 'reader']],
  [
    'a role with a blank among commas',
    split('commas'),
    { roles: 'security lead,reader' },
    ['security lead', 'reader'],
  ],
  [
    'a JSON list in a text',
    split('json'),
    { roles: '["approver","reader"]' },
    ['approver', 'reader'],
  ],
  ['an empty JSON list', split('json'), { roles: '[]' }, []],
  ['an empty text', split('blanks'), { roles: '' }, []],
  ['a missing path', nested, {}, []],
  ['null at the end of a path', nested, { realm_access: { roles: null } }, []],
  ['null on a path', nested, { realm_access: null }, []],
  ['null for keys', keysOf(), { [ZITADEL]: null }, []],
])('reads %s', async (_name, source, over, roles) => {
  expect(await rolesOf(source, over)).toEqual(roles);
});

test.each<[string, Source, Claims]>([
  ['a key that is false', keysOf(), { [ZITADEL]: { approver: false } }],
  ['a key that is null', keysOf(), { [ZITADEL]: { approver: null } }],
  ['a key with no organization', keysOf(), { [ZITADEL]: { approver: {} } }],
  [
    'a key of another organization',
    keysOf({ organizations: ['17'] }),
    { [ZITADEL]: { approver: { '18': 'attacker.example' } } },
  ],
  [
    'a key that is true, where an organization is demanded',
    keysOf({ organizations: ['17'] }),
    { [ZITADEL]: { approver: true } },
  ],
  [
    'an organization that is an inherited member',
    keysOf({ organizations: ['toString'] }),
    { [ZITADEL]: { approver: { '18': 'attacker.example' } } },
  ],
  [
    'one name with a dot, where a path is configured',
    nested,
    { 'realm_access.roles': ['approver'] },
  ],
  [
    'a path, where one name with a dot is configured',
    { claim: 'realm_access.roles', map: null },
    { realm_access: { roles: ['approver'] } },
  ],
  ['an inherited member on a path', { ...nested, path: ['constructor', 'name'] }, {}],
  ['a tab between, where blanks split', split('blanks'), { roles: 'x\tapprover' }],
  ['a no-break space between', split('blanks'), { roles: 'x\u00a0approver' }],
  ['a semicolon between, where commas split', split('commas'), { roles: 'x;approver' }],
  ['a text of two, where nothing splits', split(undefined), { roles: 'approver reader' }],
  ['a JSON list in a text, where nothing splits', split(undefined), { roles: '["approver"]' }],
])('gives no role for %s', async (_name, source, over) => {
  expect(await rolesOf(source, over)).not.toContain('approver');
});

test.each<[string, Source, Claims]>([
  ['a number under a key', keysOf(), { [ZITADEL]: { approver: 1 } }],
  ['a text under a key', keysOf(), { [ZITADEL]: { approver: 'false' } }],
  ['a list under a key', keysOf(), { [ZITADEL]: { approver: ['17'] } }],
  ['a list, where keys are configured', keysOf(), { [ZITADEL]: ['approver'] }],
  ['a text, where keys are configured', keysOf(), { [ZITADEL]: 'approver' }],
  [
    '201 keys',
    keysOf(),
    { [ZITADEL]: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`r${at}`, true])) },
  ],
  ['an object, where a list is configured', split(undefined), { roles: { approver: true } }],
  ['a list, where a text is to be split', split('blanks'), { roles: ['approver reader'] }],
  ['an object, where a text is to be split', split('commas'), { roles: { approver: true } }],
  ['a text on a path', nested, { realm_access: 'roles' }],
  ['a list on a path', nested, { realm_access: [{ roles: ['approver'] }] }],
  ['text that is no JSON', split('json'), { roles: 'approver' }],
  ['JSON that is no list', split('json'), { roles: '{"approver":true}' }],
  ['a JSON list with a number', split('json'), { roles: '["approver",1]' }],
  ['a nested JSON list', split('json'), { roles: '[["approver"]]' }],
  ['201 words', split('blanks'), { roles: Array.from({ length: 201 }, (_, at) => at).join(' ') }],
])('refuses %s', async (_name, source, over) => {
  expect(await codeOf(rolesOf(source, over))).toBe('token_claim_invalid');
});

test('refuses two equal keys of one object', async () => {
  const text = JSON.stringify(claimsWith({ [ZITADEL]: {} })).replace(
    `"${ZITADEL}":{}`,
    `"${ZITADEL}":{"approver":false,"approver":true}`,
  );
  const token = await signText(key, { alg: 'RS256', kid: 'k1' }, text);
  expect(await codeOf(verifierOf(keysOf()).verify(token, { kind: 'bearer' }))).toBe(
    'token_malformed',
  );
});
