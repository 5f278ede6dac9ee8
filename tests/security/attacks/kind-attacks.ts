/** Tokens of the wrong kind, and malformed claims. */
import { TENANT, personClaims, sign, workloadClaims } from '../../unit/identity/kit.ts';
import type { Claims } from '../../unit/identity/kit.ts';
import { attacks } from './attack.ts';
import { NOW_MS } from './token-world.ts';
import type { MakeToken } from './token-world.ts';

const claims =
  (over: Claims): MakeToken =>
  (w) =>
    w.withClaims(over);
const entra =
  (over: Claims): MakeToken =>
  (w) =>
    sign(w.key, personClaims(w.entraIss, NOW_MS, { sub: 'pairwise', ...over }));
const entraApp = (over: Claims): MakeToken =>
  entra({ scp: undefined, idtyp: 'app', sub: TENANT, oid: TENANT, name: undefined, ...over });
const pipeline =
  (over: Claims): MakeToken =>
  (w) =>
    sign(
      w.key,
      workloadClaims(w.pipelines.state.issuer, NOW_MS, {
        idtyp: undefined,
        azp: undefined,
        ...over,
      }),
    );

/** The wrong kinds of token at the API. */
export const kindAttacks = attacks<MakeToken>(
  [
    ['an ID token by its nonce', 'token_is_id_token', claims({ nonce: 'n' }), 'RFC 8725 3.12'],
    ['an ID token by at_hash', 'token_is_id_token', claims({ at_hash: 'n' })],
    ['an ID token by c_hash', 'token_is_id_token', claims({ c_hash: 'n' })],
    ['an ID token by s_hash', 'token_is_id_token', claims({ s_hash: 'n' })],
    ['a nonce of null', 'token_is_id_token', claims({ nonce: null })],
    ["Keycloak's refresh token", 'token_is_id_token', claims({ typ: 'Refresh' })],
    ["Keycloak's offline token", 'token_is_id_token', claims({ typ: 'Offline' })],
    ["Keycloak's ID token", 'token_is_id_token', claims({ typ: 'ID' })],
    [
      'a logout token',
      'token_is_id_token',
      claims({ events: {} }),
      'OpenID Connect Back-Channel Logout 2.4',
    ],
    [
      'a logout token by its typ claim',
      'token_is_id_token',
      claims({ typ: 'Logout' }),
      'OpenID Connect Back-Channel Logout 2.4',
    ],
    [
      'Entra: an ID token, which has neither scp nor idtyp',
      'token_kind_unclear',
      entra({ scp: undefined, azp: undefined }),
      'Microsoft identity platform: ID token claims',
    ],
    [
      'Entra: an empty scp',
      'token_kind_unclear',
      entra({ scp: '' }),
      'Microsoft identity platform: claims validation',
    ],
    [
      'Entra: scp and app at once',
      'token_kind_unclear',
      entra({ idtyp: 'app' }),
      'Microsoft identity platform: claims validation',
    ],
    ['Entra: an application', 'accepted', entraApp({}), 'RFC 9068 2.2'],
    [
      'Entra: an application without idtyp',
      'accepted',
      entraApp({ idtyp: undefined }),
      'RFC 9068 2.2',
    ],
    [
      'a person at an issuer for pipelines only',
      'token_kind_not_accepted',
      (w) => sign(w.key, personClaims(w.pipelines.state.issuer, NOW_MS)),
      'RFC 9068 5',
    ],
    [
      'a person at that issuer, without scp',
      'token_kind_not_accepted',
      pipeline({ preferred_username: 'amara' }),
      'RFC 9068 5',
    ],
    [
      'a person at that issuer, shown by amr',
      'token_kind_not_accepted',
      pipeline({ amr: ['pwd'] }),
      'RFC 9068 2.2.1',
    ],
    [
      'a person at that issuer, shown by auth_time',
      'token_kind_not_accepted',
      pipeline({ auth_time: NOW_MS / 1_000 }),
      'RFC 9068 2.2.1',
    ],
    ['a pipeline at that issuer', 'accepted', pipeline({}), 'RFC 9068 2.2'],
    [
      'neither sign, at an issuer for both',
      'token_kind_unclear',
      (w) =>
        sign(
          w.key,
          workloadClaims(w.server.state.issuer, NOW_MS, {
            idtyp: undefined,
            azp: undefined,
          }),
        ),
      'RFC 9068 5',
    ],
  ],
  'ASVS 5.0 V9.2.2',
);

const roles = (value: unknown): MakeToken => claims({ roles: value });

/** Malformed claims that a lenient reader would accept, and the few that prove nothing. */
export const claimShapeAttacks = attacks<MakeToken>(
  [
    ['roles: a nested array', 'token_claim_invalid', roles([['approver']])],
    ['roles: an object', 'token_claim_invalid', roles({ approver: true })],
    [
      'roles: an object that looks like an array',
      'token_claim_invalid',
      roles({ 0: 'approver', length: 1 }),
    ],
    ['roles: an object with includes', 'token_claim_invalid', roles({ includes: 'approver' })],
    ['roles: a number', 'token_claim_invalid', roles(1)],
    ['roles: true', 'token_claim_invalid', roles(true)],
    ['roles: null, which gives no role', 'accepted', roles(null)],
    ['roles: numbers among strings', 'token_claim_invalid', roles(['approver', 1])],
    ['roles: null among strings', 'token_claim_invalid', roles(['approver', null])],
    [
      'roles: 201 values',
      'token_claim_invalid',
      roles(Array.from({ length: 201 }, (_, at) => `r${at}`)),
    ],
    ['roles: a very long string', 'token_claim_invalid', roles(['x'.repeat(1_025)])],
    // Optional claims that prove nothing in an odd shape: identity-odd-claims.test.ts.
    ['acr as an array', 'accepted', claims({ acr: ['mfa'] }), 'OpenID Connect Core 2'],
    ['amr as a string', 'accepted', claims({ amr: 'mfa' }), 'OpenID Connect Core 2'],
    ['jti as a number', 'accepted', claims({ jti: 7 }), 'RFC 7519 4.1.7'],
    ['sub as a number', 'token_claim_invalid', claims({ sub: 7 }), 'RFC 7519 4.1.2'],
    ['azp as an array', 'token_claim_invalid', claims({ azp: ['a'] }), 'OpenID Connect Core 2'],
  ],
  'RFC 9068 2.2.3.1',
);

const onlyPeople =
  (over: Claims): MakeToken =>
  (w) =>
    sign(w.key, personClaims(w.people.state.issuer, NOW_MS, { azp: undefined, ...over }));

/** Applications with roles and a person's ids, where only people are allowed. */
export const applicationAttacks = attacks<MakeToken>(
  [
    ['a person at that issuer', 'accepted', onlyPeople({ azp: 'portal' })],
    [
      'an application by idtyp',
      'token_kind_not_accepted',
      onlyPeople({ idtyp: 'app' }),
      'Microsoft identity platform: optional claims',
    ],
    [
      'a subject that is the client',
      'token_kind_not_accepted',
      onlyPeople({ sub: 'robot', azp: 'robot' }),
    ],
    [
      'a subject that is the client_id',
      'token_kind_not_accepted',
      onlyPeople({ sub: 'robot', client_id: 'robot' }),
    ],
    [
      'Entra v1: a subject that is the appid',
      'token_kind_not_accepted',
      onlyPeople({ sub: 'robot', appid: 'robot' }),
    ],
    [
      'Okta: a subject that is the cid',
      'token_kind_not_accepted',
      onlyPeople({ sub: '0oa1', cid: '0oa1', scp: ['approve'] }),
    ],
    ['Auth0: gty', 'token_kind_not_accepted', onlyPeople({ gty: 'client-credentials' })],
    [
      'Auth0: a subject at @clients',
      'token_kind_not_accepted',
      onlyPeople({ sub: 'robot@clients', azp: 'robot' }),
    ],
    [
      'Keycloak: a service account',
      'token_kind_not_accepted',
      onlyPeople({ azp: 'robot', preferred_username: 'service-account-robot' }),
    ],
  ],
  'RFC 9068 5',
);
